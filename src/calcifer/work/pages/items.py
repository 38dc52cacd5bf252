"""The list of items, one item, and its life."""

from typing import Annotated, Any

from fastapi import Form, Query, Request
from fastapi.responses import PlainTextResponse, Response

from calcifer.kit.schemas import checked
from calcifer.kit.web import Paging, Reading, Writing, page, paged, to
from calcifer.services import queries as catalog
from calcifer.work import context as contexts
from calcifer.work import queries, service
from calcifer.work.models import ACTIONS, STATES, TITLES, kind_of
from calcifer.work.pages.routes import Field, Number, router
from calcifer.work.schemas import ItemChanges, NewItem, NewWaiver, Reason
from calcifer.work.service.details import details
from calcifer.work.service.items import APP

Text = Annotated[str, Query(max_length=200)]
CHOICES: dict[str, Any] = {"states": (*STATES, "any"), "categories": TITLES, "actions": ACTIONS, "kind_of": kind_of}


@router.get("")
def items(
    request: Request,
    uow: Reading,
    asked: Paging,
    state: Text = "open",
    service: Text = "",
    category: Text = "",
    person: Text = "",
    text: Text = "",
) -> Response:
    """List items, newest first."""
    chosen = {"state": state, "service": service, "category": category, "person": person, "text": text}
    narrowed = queries.filters(state, service, category, person, text)
    rows, cursor = paged(
        queries.list_lines(uow.db, narrowed, before=asked.after_id, limit=asked.limit + 1),
        asked,
        lambda line: [line.number],
    )
    forgotten = not rows and queries.has_forgotten(uow.db)
    return page(request, "work/list.html", items=rows, cursor=cursor, chosen=chosen, forgotten=forgotten, **CHOICES)


@router.get("/new")
def new(
    request: Request, uow: Reading, service: Text = "", parent: Annotated[int | None, Query(ge=1)] = None
) -> Response:
    """Ask for a new item."""
    names = catalog.list_names(uow.db)
    choices = [("", "Choose…"), *((name, name) for name in names)] if names else []
    shown: dict[str, Any] = {"services": choices, "service": service, "parent": parent, "app": APP in names}
    return page(request, "work/new.html", **shown, **CHOICES)


@router.post("/open", again="work.new")
def open(  # noqa: A001  (the verb)
    request: Request,
    uow: Writing,
    title: Field = "",
    reason: Field = "",
    category: Field = "service",
    action: Field = "change",
    service_name: Field = "",
    parent: Field = "",
    is_parent: Field = "",
) -> Response:
    """Open an item."""
    given = {"title": title, "reason": reason, "category": category, "action": action, "service": service_name or None}
    item = service.open(uow, checked(NewItem, **given, parent=parent or None, is_parent=bool(is_parent)))
    return to(request, "work.item", number=item.number, say=f"Opened #{item.number}.")


@router.get("/{number}")
def item(request: Request, uow: Reading, number: Number) -> Response:
    """Show an item: reason, checklist, notes; the rules and what completes it."""
    found = details(uow, number)
    asks = any(verdict.rule == "host_reach" and verdict.state == "fail" for verdict in found.verdicts)
    return page(request, "work/item.html", found=found, tab="item", reach=service.reach(uow, number) if asks else None)


@router.get("/{number}/context")
def context(uow: Reading, number: Number) -> Response:
    """Tell what someone who joins needs, as Markdown."""
    return PlainTextResponse(contexts.of_item(uow, number), media_type="text/plain; charset=utf-8")


@router.get("/{number}/edit")
def edit_form(request: Request, uow: Reading, number: Number) -> Response:
    """Ask what to change about an item."""
    return page(request, "work/edit.html", item=queries.get_item(uow.db, number))


@router.post("/{number}/edit")
def edit(
    request: Request,
    uow: Writing,
    number: Number,
    title: Field = "",
    reason: Field = "",
    notes: Field = "",
    docs_reason: Field = "",
    assignee: Field = "",
    revision: Field = "",
) -> Response:
    """Change what an open item says."""
    given = {"title": title, "reason": reason, "notes": notes, "docs_reason": docs_reason, "assignee": assignee}
    service.edit(uow, number, checked(ItemChanges, **given, revision=revision or None))
    return to(request, "work.item", number=number, say="Saved.")


@router.post("/{number}/complete", again="work.item")
def complete(request: Request, uow: Writing, number: Number) -> Response:
    """Complete an item."""
    done = service.complete(uow, number)
    return to(request, "work.item", number=number, say=f"#{number} is completed and on {done.service.main_branch}.")


@router.post("/{number}/drop", again="work.item")
def drop(request: Request, uow: Writing, number: Number) -> Response:
    """Give an item up."""
    service.drop(uow, number)
    return to(
        request, "work.item", number=number, say=f"#{number} is dropped; its commits are kept in refs/dropped/{number}."
    )


@router.post("/{number}/reopen", again="work.item")
def reopen(request: Request, uow: Writing, number: Number) -> Response:
    """Take a dropped item up again."""
    service.reopen(uow, number)
    return to(request, "work.item", number=number, say=f"#{number} is open again.")


@router.post("/{number}/revert", again="work.item")
def revert(request: Request, uow: Writing, number: Number, why: Field = "") -> Response:
    """Open an item that takes this one back."""
    made = service.revert(uow, number, checked(Reason, reason=why).reason)
    return to(
        request,
        "work.item",
        number=made.number,
        say=f"#{made.number} takes #{number} back: complete it when it is right.",
    )


@router.post("/{number}/waive", again="work.item")
def waive(request: Request, uow: Writing, number: Number, rule: Field = "", why: Field = "") -> Response:
    """Let a rule pass, with a reason."""
    service.waive(uow, number, checked(NewWaiver, rule=rule, reason=why))
    return to(request, "work.item", number=number, say=f"The rule '{rule}' is waived for this commit.")


@router.post("/{number}/verify", again="work.item")
def verify(request: Request, uow: Writing, number: Number) -> Response:
    """Run the service's verify command on the merge result."""
    service.verify(uow, number)
    return to(request, "work.item", number=number, say="The verify command runs; its verdict appears here.")


@router.post("/trust", again="work.items")
def trust(
    request: Request,
    uow: Writing,
    service_name: Field = "",
    command: Field = "",
    number: Annotated[int | None, Form()] = None,
) -> Response:
    """Allow a service's verify command to run on this machine."""
    service.trust(uow, service_name, command)
    said = f"'{command}' may run for {service_name}."
    return (
        to(request, "work.item", number=number, say=said) if number is not None else to(request, "work.items", say=said)
    )
