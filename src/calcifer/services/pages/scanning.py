"""Looking for what is new in the workspace, and how that goes."""

from fastapi import Request
from fastapi.responses import Response

from calcifer.kit.web import Id, Reading, Writing, page, to
from calcifer.services import service
from calcifer.services.pages.routes import router
from calcifer.services.scans import ScanOut
from calcifer.services.service.scanning import get_scan as find


@router.post("/scan", again="services.services")
def scan(request: Request, uow: Writing) -> Response:
    """Promise to look, and show how it goes."""
    return to(request, "services.scanned", job_id=service.scan(uow).id)


@router.get("/scans/{job_id}")
def scanned(request: Request, uow: Reading, job_id: Id) -> Response:
    """Show how a scan goes; the page comes again by itself until that has ended."""
    return page(request, "services/scan.html", scan=ScanOut.of(find(uow, job_id)))
