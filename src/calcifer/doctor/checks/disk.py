"""The check `disk`: there is room to write."""

import os
from collections.abc import Iterator

from calcifer.kit.diagnosis import Finding, Ward, check

LEAST_BYTES = 1_000_000_000
LEAST_FILES = 10_000


@check("disk", "There is room on the disk", needs_database=False)
def disk(ward: Ward) -> Iterator[Finding]:
    """Look at what is free where the workspace is, for the user that asks."""
    free = os.statvfs(ward.home)
    space = free.f_bavail * free.f_frsize
    mend = f"du -sh {ward.home}/* shows what is big; {ward.var / 'backups'} may have what nobody needs"
    if space < LEAST_BYTES:
        yield Finding(str(ward.home), f"Only {space / 1e6:,.0f} MB are free where the workspace is.", mend)
    if free.f_files and free.f_favail < LEAST_FILES:
        yield Finding(str(ward.home), f"Only {free.f_favail:,} more files can be made where the workspace is.", mend)
