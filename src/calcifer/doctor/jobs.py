"""Examining and mending, outside of any unit of work."""

from pathlib import Path
from typing import Any

from calcifer.doctor import examination, service
from calcifer.doctor.schemas import MOST, ExaminationOut
from calcifer.kit.diagnosis import Ward
from calcifer.kit.workflows import JobContext, Jobs


def register(jobs: Jobs, home: Path, var: Path) -> None:
    """Register the jobs of the doctor for the workspace `home`."""

    def ward(job: JobContext) -> Ward:
        return Ward(home, var, job.units, job.actor, job.progress)

    def examine(job: JobContext) -> dict[str, Any]:
        made = examination.examine(ward(job), reads_all=job.subject == service.WITH_FSCK)
        return ExaminationOut.of(made, most=MOST).model_dump(mode="json")

    def mend(job: JobContext) -> dict[str, Any]:
        made = examination.mend(ward(job), reads_all=job.subject == service.WITH_FSCK)
        return ExaminationOut.of(made, most=MOST).model_dump(mode="json")

    jobs.register(service.EXAMINE, examine)
    jobs.register(service.MEND, mend)
