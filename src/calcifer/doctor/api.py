"""The doctor for programs: `/api/v1/doctor`."""

from calcifer.doctor import queries, service
from calcifer.doctor.schemas import DoctorOut, Wish
from calcifer.kit.promises import JobOut
from calcifer.kit.web import Api, Reading, Writing

router = Api("doctor")


@router.get("")
def report(uow: Reading) -> DoctorOut:
    """Return what the last examination has found, and whether one is being made."""
    return DoctorOut.of(queries.find_latest(uow.db), queries.find_ended(uow.db))


@router.post("/examine", status_code=202)
def examine(uow: Writing, data: Wish) -> JobOut:
    """Examine the workspace; nothing in it is changed."""
    return JobOut.model_validate(service.examine(uow, fsck=data.fsck))


@router.post("/mend", status_code=202)
def mend(uow: Writing, data: Wish) -> JobOut:
    """Examine the workspace, and mend what can be mended without losing anything."""
    return JobOut.model_validate(service.mend(uow, fsck=data.fsck))
