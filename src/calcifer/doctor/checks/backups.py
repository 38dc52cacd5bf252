"""The check `backups`: what was kept aside is known, and takes no room by accident."""

from collections.abc import Iterator
from pathlib import Path

from calcifer.kit.diagnosis import Finding, Ward, check

MOST_FILES = 100_000


@check("backups", "What was kept aside", needs_database=False)
def backups(ward: Ward) -> Iterator[Finding]:
    """Say how much lies in the backups: no fault, and never removed by itself."""
    for folder in sorted((ward.var / "backups").glob("*")):
        kept = sorted(folder.iterdir()) if folder.is_dir() else []
        if kept:
            sentence = f"{len(kept)} kept aside, {_bytes(folder) / 1e6:,.1f} MB; the oldest is {kept[0].name}."
            mend = f"Look at them, and remove what nobody needs: ls {folder}"
            yield Finding(str(folder), sentence, mend, is_fault=False)


def _bytes(folder: Path) -> int:
    found = 0
    for number, path in enumerate(folder.rglob("*")):
        if number >= MOST_FILES:
            break
        found += path.lstat().st_size
    return found
