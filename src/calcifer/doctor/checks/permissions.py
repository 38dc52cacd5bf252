"""The check `permissions`: what is Calcifer's own is read by nobody else."""

import os
import stat
from collections.abc import Iterator
from pathlib import Path

from calcifer.kit.diagnosis import Finding, Ward, check

SECRETS = ("*.sqlite", "*.sqlite-wal", "*.sqlite-shm", "*.key", "keys", "keys/**/*")
OTHERS = stat.S_IRWXG | stat.S_IRWXO


def mend(ward: Ward, aim: str) -> None:
    """Take away what others may; nothing is given to anybody."""
    path = Path(aim)
    if not path.is_symlink():
        path.chmod(stat.S_IMODE(path.stat().st_mode) & ~(stat.S_IWOTH if path == ward.home else OTHERS))


@check("permissions", "Nobody else reads Calcifer's own files", mend=mend, needs_database=False)
def permissions(ward: Ward) -> Iterator[Finding]:
    """Look at `var`, databases and keys in it, and whether everybody may write into the workspace."""
    private = [ward.var, *(path for pattern in SECRETS for path in sorted(ward.var.glob(pattern)))]
    for path in private:
        if path.is_symlink() or not path.exists():
            continue
        status = path.stat()
        if status.st_uid != os.geteuid():
            yield Finding(str(path), f"{path} belongs to another user.", f"chown {os.geteuid()} {path}")
        elif stat.S_IMODE(status.st_mode) & OTHERS:
            yield Finding(str(path), f"Others may read or write {path}.", f"chmod go= {path}", aim=str(path))
    mode = stat.S_IMODE(ward.home.stat().st_mode)
    if mode & stat.S_IWOTH and not mode & stat.S_ISVTX:
        sentence = f"Everybody on this machine may put repositories into {ward.home}."
        yield Finding(str(ward.home), sentence, f"chmod o-w {ward.home}", aim=str(ward.home))
