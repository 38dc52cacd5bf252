"""The client of registries against a real one: distribution, as Debian packages it."""

import hashlib
import json
import shutil
import subprocess
import time
from collections.abc import Iterator
from contextlib import closing
from http.client import HTTPConnection
from pathlib import Path

import pytest

from calcifer.kit.errors import NotFound
from calcifer.updates.registry import Registry
from tests.sshd import free_port

pytestmark = pytest.mark.lab

MANIFEST = "application/vnd.oci.image.manifest.v1+json"


@pytest.fixture
def registry(tmp_path: Path) -> Iterator[str]:
    """A registry that is empty; `host:port`."""
    program = shutil.which("docker-registry")
    if program is None:
        pytest.skip("there is no registry: apt-get install docker-registry")
    port = free_port()
    config = (
        f"version: 0.1\nstorage:\n  filesystem:\n    rootdirectory: {tmp_path}/data\nhttp:\n  addr: 127.0.0.1:{port}\n"
    )
    (tmp_path / "reg.yml").write_text(config)
    with (tmp_path / "log").open("wb") as log:
        running = subprocess.Popen([program, "serve", str(tmp_path / "reg.yml")], stdout=log, stderr=log)
    try:
        for _ in range(200):
            try:
                ask(f"127.0.0.1:{port}", "GET", "/v2/")
            except OSError:
                time.sleep(0.05)
            else:
                break
        yield f"127.0.0.1:{port}"
    finally:
        running.terminate()
        running.wait()


def ask(
    where: str, method: str, path: str, body: bytes = b"", kind: str = "application/octet-stream"
) -> dict[str, str]:
    """Ask the registry by hand, and return the headers of its answer."""
    with closing(HTTPConnection(where, timeout=10)) as connection:
        connection.request(method, path.removeprefix(f"http://{where}"), body or None, {"Content-Type": kind})
        with connection.getresponse() as answer:
            assert answer.status < 300, answer.read()
    return {name.lower(): value for name, value in answer.getheaders()}


def push(where: str, name: str, tag: str, content: bytes) -> str:
    """Push an image of a configuration alone, as `docker push` does it; return its digest."""
    digest = f"sha256:{hashlib.sha256(content).hexdigest()}"
    upload = ask(where, "POST", f"/v2/{name}/blobs/uploads/")["location"]
    ask(where, "PUT", f"{upload}&digest={digest}", content)
    config = {"mediaType": "application/vnd.oci.image.config.v1+json", "digest": digest, "size": len(content)}
    manifest = json.dumps({"schemaVersion": 2, "mediaType": MANIFEST, "config": config, "layers": []}).encode()
    return ask(where, "PUT", f"/v2/{name}/manifests/{tag}", manifest, MANIFEST)["docker-content-digest"]


def test_tags_and_digests_of_a_real_registry(registry: str) -> None:
    pushed = {f"1.{minor}": push(registry, "team/web", f"1.{minor}", b'{"n": %d}' % minor) for minor in range(3)}
    client = Registry(registry, "team/web")
    assert sorted(client.tags().names or []) == ["1.0", "1.1", "1.2"]
    assert {tag: client.digest(tag) for tag in pushed} == pushed
    push(registry, "team/web", "1.2", b'{"n": 9}')
    assert client.digest("1.2") != pushed["1.2"]
    with pytest.raises(NotFound):
        client.digest("1.9")
    with pytest.raises(NotFound):
        Registry(registry, "team/other").tags()
