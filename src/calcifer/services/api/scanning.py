"""Looking for what is new in the workspace, and how that goes."""

from calcifer.kit.web import Id, Reading, Writing
from calcifer.services import service
from calcifer.services.api.routes import router
from calcifer.services.scans import ScanOut
from calcifer.services.service.scanning import get_scan as find


@router.post("/scan", status_code=202)
def scan(uow: Writing) -> ScanOut:
    """Promise to look at every repository of the workspace; how it goes is at `/api/v1/services/scans/{id}`."""
    return ScanOut.of(service.scan(uow))


@router.get("/scans/{job_id}")
def get_scan(uow: Reading, job_id: Id) -> ScanOut:
    """Say how a scan goes, or how it went."""
    return ScanOut.of(find(uow, job_id))
