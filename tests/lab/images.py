"""Images without a registry: one small BusyBox in three versions, imported into a host's engine."""

import io
import shutil
import tarfile
from pathlib import Path

from tests.lab.machines import Host

APPLETS = ("sh", "cat", "httpd", "sleep", "wget", "ls", "stat")


def rootfs(version: int) -> bytes:
    """Return the archive of an image whose /www/index.html says which version it is."""
    busybox = shutil.which("busybox")
    assert busybox
    made = io.BytesIO()
    with tarfile.open(fileobj=made, mode="w") as tar:
        add(tar, "bin/busybox", Path(busybox).read_bytes(), 0o755)
        add(tar, "www/index.html", f"version {version}\n".encode(), 0o644)
        for applet in APPLETS:
            link = tarfile.TarInfo(f"bin/{applet}")
            link.type, link.linkname = tarfile.SYMTYPE, "busybox"
            tar.addfile(link)
    return made.getvalue()


def add(tar: tarfile.TarFile, name: str, content: bytes, mode: int) -> None:
    """Add a file."""
    entry = tarfile.TarInfo(name)
    entry.size, entry.mode = len(content), mode
    tar.addfile(entry, io.BytesIO(content))


def load(host: Host) -> None:
    """Import lab:1, lab:2 and lab:3."""
    for version in (1, 2, 3):
        host.ssh(
            f'docker import -c \'ENV PATH=/bin\' -c \'CMD ["httpd","-f","-p","80","-h","/www"]\' - lab:{version}',
            stdin=rootfs(version),
        )
