"""Runs: the list, one of them with its plan and log, and what can be asked for."""

from typing import Annotated, Any

from fastapi import Form, Query, Request
from fastapi.responses import HTMLResponse, RedirectResponse

from calcifer.accounts.permissions import may
from calcifer.deployments import matrix, targets
from calcifer.deployments.pages.routes import router
from calcifer.deployments.queries import runs as queries
from calcifer.deployments.schemas import DeploymentOut, NewDeployment, NewRollback
from calcifer.deployments.service import allowing, logs, runs, trusting
from calcifer.kit.schemas import checked
from calcifer.kit.web import Id, Paging, Reading, Writing, page, paged, to
from calcifer.services import queries as services

Name = Annotated[str, Query(max_length=200)]
Field = Annotated[str, Form()]


@router.get("")
def deployments(request: Request, uow: Reading, asked: Paging, service: Name = "", host: Name = "") -> HTMLResponse:
    """List deployments, newest first."""
    found = queries.list_deployments(uow.db, service=service, host=host, before=asked.after_id, limit=asked.limit + 1)
    rows, cursor = paged(found, asked, lambda one: [one.run.id])
    busy = any(not row.run.is_finished for row in rows)
    return page(request, "deployments/list.html", rows=rows, cursor=cursor, service=service, host=host, busy=busy)


@router.get("/matrix")
def cells(request: Request, uow: Reading, asked: Paging) -> HTMLResponse:
    """Show which version of each service is on which host."""
    found = matrix.cells(uow, after=asked.after_name, limit=asked.limit + 1)
    rows, cursor = paged(found, asked, lambda cells: [cells[0].service])
    return page(request, "deployments/matrix.html", rows=rows, cursor=cursor)


@router.get("/deploy")
def deploy_form(request: Request, uow: Reading, service: Name = "") -> HTMLResponse:
    """Ask what is to be brought where."""
    if not service:
        return page(request, "deployments/choose.html", services=services.list_targets(uow.db))
    found = services.get_service(uow.db, service)
    rows = queries.list_deployments(uow.db, service=service, limit=5)
    there, barred = targets.of(found), allowing.why_not_main(uow, found)
    choices = [(one.name, f"{one.name} on {one.host}") for one in there]
    shown: dict[str, Any] = {
        "targets": there,
        "choices": choices,
        "open": [one for one in choices if one[0] not in barred],
    }
    any_commit = may(uow.actor, "deployments.proceed")  # who decides may bring branches too
    return page(
        request, "deployments/deploy.html", service=found, rows=rows, barred=barred, any_commit=any_commit, **shown
    )


@router.post("/deploy", again="deployments.deploy_form")
def deploy(
    request: Request,
    uow: Writing,
    service_name: Field = "",
    to_target: Field = "",
    commit: Field = "",
    reason: Field = "",
) -> RedirectResponse:
    """Bring a service into service."""
    values = {"service": service_name, "to": to_target or None, "commit": commit.strip() or None, "reason": reason}
    return to(request, "deployments.deployment", deployment_id=runs.deploy(uow, checked(NewDeployment, **values)).id)


@router.post("/rollback", again="deployments.deploy_form")
def rollback(
    request: Request, uow: Writing, service_name: Field = "", to_target: Field = "", reason: Field = ""
) -> RedirectResponse:
    """Bring back what was in service before."""
    data = checked(NewRollback, service=service_name, to=to_target or None, reason=reason)
    return to(request, "deployments.deployment", deployment_id=runs.rollback(uow, data).id)


@router.get("/{deployment_id}")
def deployment(request: Request, uow: Reading, deployment_id: Id) -> HTMLResponse:
    """Show a deployment: its plan, how far it is, what was said on the host; it comes again by itself until it has ended."""
    shown = DeploymentOut.of(*queries.get_deployment(uow.db, deployment_id))
    said = logs.read(request.app.state.wiring.settings.var, deployment_id)
    return page(
        request,
        "deployments/deployment.html",
        one=shown,
        logs=said,
        may_decide=may(uow.actor, "deployments.proceed"),
        may_cancel=may(uow.actor, "deployments.cancel"),
        hooks=trusting.hooks(uow, deployment_id).hooks if shown.state == "held" and "hooks" in shown.plan else [],
    )


@router.post("/{deployment_id}/cancel", again="deployments.deployment")
def cancel(request: Request, uow: Writing, deployment_id: Id) -> RedirectResponse:
    """End a deployment."""
    runs.cancel(uow, deployment_id)
    return to(request, "deployments.deployment", deployment_id=deployment_id, say="It is being ended.")


@router.post("/{deployment_id}/proceed", again="deployments.deployment")
def proceed(request: Request, uow: Writing, deployment_id: Id) -> RedirectResponse:
    """Let a held deployment go on."""
    runs.proceed(uow, deployment_id)
    return to(request, "deployments.deployment", deployment_id=deployment_id, say="It goes on.")
