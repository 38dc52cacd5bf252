"""secrets: found in what is new on main, told without telling it."""

import random
import string
from pathlib import Path

import pytest

from calcifer.kit import leaks
from calcifer.kit.git.repository import Repository
from calcifer.kit.git.trees import Blob
from calcifer.work.rules.secrets import LOOK_BYTES
from tests.services.samples import cloned
from tests.work.rules.cases import case, case_of, commit, judge, repository_at

SECRET = "".join(random.Random(3).choices(string.ascii_letters + string.digits, k=36))
TOKEN = "ghp" + "_" + SECRET
LINE = f"      TOKEN: {TOKEN}\n"
COMPOSE = "services:\n  web:\n    image: nginx:1.27\n    environment:\n"


def test_a_secret_in_a_new_line_fails_and_is_not_told(tmp_path: Path) -> None:
    verdict = judge("secrets", case(tmp_path, {"compose.yaml": COMPOSE}, {"compose.yaml": COMPOSE + LINE}))
    assert (verdict.state, verdict.evidence) == (
        "fail",
        ("compose.yaml:5 GitHub token", "compose.yaml:5 random value of a telling name"),
    )
    assert SECRET not in repr(verdict)


def test_a_secret_that_was_there_before_passes(tmp_path: Path) -> None:
    old = COMPOSE + LINE
    assert judge("secrets", case(tmp_path, {"c.yaml": old}, {"c.yaml": "# more\n" + old})).state == "pass"


def test_a_secret_that_moves_with_its_file_passes(tmp_path: Path) -> None:
    judged = case(tmp_path, {"c.yaml": COMPOSE + LINE}, {"c.yaml": None, "app/c.yaml": COMPOSE + "# more\n" + LINE})
    assert judge("secrets", judged).state == "pass"


def test_a_secret_that_goes_passes(tmp_path: Path) -> None:
    assert judge("secrets", case(tmp_path, {"c.yaml": COMPOSE + LINE}, {"c.yaml": COMPOSE})).state == "pass"


def test_an_allowed_line_passes(tmp_path: Path) -> None:
    line = LINE.replace("\n", "  # calcifer: allow-secret\n")
    assert judge("secrets", case(tmp_path, {}, {"c.yaml": COMPOSE + line})).state == "pass"


def test_new_lines_of_a_known_key_fail(tmp_path: Path) -> None:
    head, foot = "-----BEGIN EC PRIVATE " + "KEY-----\n", "-----END EC PRIVATE " + "KEY-----\n"
    old, new = (f"{head}MHc{letter * 2}{SECRET}\n{foot}" for letter in "pq")
    assert judge("secrets", case(tmp_path, {"k.pem": old}, {"k.pem": new})).evidence == ("k.pem:1 private key",)


def test_links_submodules_and_modes_pass(tmp_path: Path) -> None:
    repository = repository_at(tmp_path)
    blob = Blob(repository.write_blob(LINE.encode()))
    main = commit(repository, {"run.sh": blob})
    link = Blob(repository.write_blob(TOKEN.encode()), 0o120000)
    head = commit(repository, {"run.sh": Blob(blob.oid, 0o100755), "l": link, "s": Blob("1" * 40, 0o160000)}, main)
    assert judge("secrets", case_of(repository, main, head)).state == "pass"


def test_what_was_not_looked_at_is_said(tmp_path: Path) -> None:
    big = b"# nothing\n" * (leaks.LOOK_BYTES // 10)
    files = {f"f{n}.yaml": big + LINE.encode() for n in range(LOOK_BYTES // leaks.LOOK_BYTES + 1)}
    verdict = judge("secrets", case(tmp_path, {}, dict(files)))
    assert verdict.state == "pass"
    assert verdict.evidence[0] == "f0.yaml: only its beginning was looked at"
    assert verdict.evidence[-1] == "f8.yaml: not looked at"


@pytest.mark.slow
def test_39_real_projects_have_no_false_finding(tmp_path: Path) -> None:
    cloned(tmp_path / "clone")
    repository = Repository(tmp_path / "clone")
    files = list(repository.paths(repository.refs("refs/heads/")["refs/heads/master"]))
    found = [(path, leaks.find(path, repository.blob(blob.oid))) for path, blob in files if blob.mode == 0o100644]
    assert len(found) > 300
    assert [(path, here) for path, here in found if here] == []
