"""The doctor for people: `/doctor`."""

from typing import Annotated

from fastapi import Form, Request
from fastapi.responses import HTMLResponse, RedirectResponse

from calcifer.accounts.permissions import may
from calcifer.doctor import queries, service
from calcifer.doctor.schemas import DoctorOut
from calcifer.kit.web import Pages, Reading, Writing, page, to

router = Pages("doctor")
Fsck = Annotated[bool, Form()]


@router.get("")
def report(request: Request, uow: Reading) -> HTMLResponse:
    """Show what the last examination has found; while one is made, the page comes again by itself."""
    shown = DoctorOut.of(queries.find_latest(uow.db), queries.find_ended(uow.db))
    return page(request, "doctor/report.html", doctor=shown, may_mend=may(uow.actor, "doctor.mend"))


@router.post("/examine", again="doctor.report")
def examine(request: Request, uow: Writing, fsck: Fsck = False) -> RedirectResponse:
    """Look."""
    service.examine(uow, fsck=fsck)
    return to(request, "doctor.report", say="Looking.")


@router.post("/mend", again="doctor.report")
def mend(request: Request, uow: Writing) -> RedirectResponse:
    """Mend what is safe."""
    service.mend(uow)
    return to(request, "doctor.report", say="Mending what is safe.")
