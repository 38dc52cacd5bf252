"""Work for programs: `/api/v1/work`."""

from pathlib import Path as FilePath
from typing import Annotated

from fastapi import Path, Query, Request, Response
from fastapi.responses import PlainTextResponse

from calcifer.kit.web import Id
from calcifer.kit.web.etags import check_if_match, etag
from calcifer.kit.web.paging import Listing, Paging, paged
from calcifer.kit.web.routers import Api
from calcifer.kit.web.units import Reading, Writing
from calcifer.work import context as contexts
from calcifer.work import queries, schemas, service
from calcifer.work.models import CATEGORIES, Item
from calcifer.work.service import taking
from calcifer.work.service.details import detail_out, details, verdict_out
from calcifer.work.takings import AskedOut, AskRequests, BranchOut, Take, TakeRequest

router = Api("work")
Number = Annotated[int, Path(ge=1, le=queries.MAX_NUMBER, examples=[42])]
Name = Annotated[str, Query(max_length=200)]


def _out(uow: Writing, response: Response, item: Item) -> schemas.ItemDetail:
    uow.db.flush()
    etag(response, item.number, item.revision)
    return detail_out(details(uow, item.number))


def _var(request: Request) -> FilePath:
    var: FilePath = request.app.state.wiring.settings.var
    return var


def _checked(uow: Writing, request: Request, number: int) -> None:
    if "if-match" in request.headers:
        check_if_match(request, number, queries.get_item(uow.db, number).revision)


@router.get("")
def items(
    uow: Reading,
    asked: Paging,
    state: Annotated[str, Query(max_length=200, description="open, completed, dropped or any.")] = "",
    service: Name = "",
    category: Annotated[str, Query(max_length=200, description=", ".join(CATEGORIES))] = "",
    person: Name = "",
    text: Name = "",
) -> Listing[schemas.ItemOut]:
    """List items, newest first."""
    narrowed = queries.filters(state, service, category, person, text)
    rows = queries.list_items(uow.db, narrowed, before=asked.after_id, limit=asked.limit + 1)
    shown, cursor = paged(rows, asked, lambda item: [item.number])
    return Listing(items=[schemas.ItemOut.of(item) for item in shown], next=cursor)


@router.post("/open", status_code=201)
def open(uow: Writing, response: Response, new: schemas.NewItem) -> schemas.ItemDetail:  # noqa: A001  (the verb)
    """Open an item: number, checklist, branch."""
    return _out(uow, response, service.open(uow, new))


@router.post("/change", status_code=201)
def change(uow: Writing, new: schemas.NewChange) -> schemas.ChangeOut:
    """Open, commit and complete in one step; where a rule holds it up, the item stays open."""
    item, verdicts = service.change(uow, new)
    said = [verdict_out(verdict) for verdict in verdicts]
    return schemas.ChangeOut(item=schemas.ItemOut.of(item), verdicts=said, completed=item.state == "completed")


@router.post("/collect", status_code=201)
def collect(uow: Writing, response: Response, new: schemas.NewChange) -> schemas.ItemDetail:
    """Make an item of the edits that lie in main's checkout."""
    return _out(uow, response, service.collect(uow, new))


@router.post("/claim", status_code=201)
def claim(uow: Writing, response: Response, new: schemas.Claim) -> schemas.ItemDetail:
    """Open an item that answers for commits which reached main without one."""
    return _out(uow, response, service.claim(uow, new))


@router.post("/trust")
def trust(uow: Writing, new: schemas.Trust) -> schemas.TrustedOut:
    """Allow a service's verify command to run on this machine."""
    return schemas.TrustedOut.model_validate(service.trust(uow, new.service, new.command))


@router.get("/strays")
def strays(uow: Reading) -> Listing[schemas.StrayOut]:
    """List commits on main that wait for an item, newest first, at most 200."""
    rows = queries.list_strays(uow.db)
    found = [
        schemas.StrayOut(service=s.service.name, oid=s.oid, subject=s.subject, author=s.author, at=s.at) for s in rows
    ]
    return Listing(items=found, next=None)


@router.get("/branches/{service}")
def branches(uow: Reading, service: Annotated[str, Path(max_length=100, examples=["web"])]) -> Listing[BranchOut]:
    """List branches without an item that have commits which main lacks, here and at origin, newest first, at most 200."""
    return Listing(items=[BranchOut.model_validate(one) for one in taking.branches(uow, service)], next=None)


@router.post("/take", status_code=201)
def take(uow: Writing, response: Response, new: Take) -> schemas.ItemDetail:
    """Open an item that goes on where a branch stands; the branch itself stays."""
    return _out(uow, response, service.take(uow, new))


@router.post("/find_requests", status_code=202)
def find_requests(uow: Writing, request: Request, new: AskRequests) -> AskedOut:
    """Ask the forge of a service's origin for open requests; how it goes is at `/api/v1/work/asked/{id}`."""
    token = new.token.get_secret_value() if new.token else None
    return AskedOut.of(service.find_requests(uow, _var(request), new.service, token, new.forge))


@router.post("/take_request", status_code=202)
def take_request(uow: Writing, request: Request, new: TakeRequest) -> AskedOut:
    """Fetch a request and open an item of it; how it goes is at `/api/v1/work/asked/{id}`."""
    return AskedOut.of(service.take_request(uow, _var(request), new))


@router.get("/asked/{job_id}")
def asked(uow: Reading, job_id: Id) -> AskedOut:
    """Say how a question to a forge goes, or how it went."""
    return AskedOut.of(taking.get_asked(uow, job_id))


@router.get("/{number}")
def item(uow: Reading, response: Response, number: Number) -> schemas.ItemDetail:
    """Show an item with what the rules say of it now."""
    found = details(uow, number)
    etag(response, number, found.item.revision)
    return detail_out(found)


class Markdown(PlainTextResponse):
    """A text for people and for programs that read like them."""

    media_type = "text/markdown"


@router.get("/{number}/context", response_class=Markdown)
def context(uow: Reading, number: Number) -> Markdown:
    """Tell what someone who joins needs, as Markdown."""
    return Markdown(contexts.of_item(uow, number))


@router.post("/{number}/edit")
def edit(
    uow: Writing, request: Request, response: Response, number: Number, changes: schemas.ItemChanges
) -> schemas.ItemDetail:
    """Change what an open item says."""
    _checked(uow, request, number)
    return _out(uow, response, service.edit(uow, number, changes))


@router.post("/{number}/commit", status_code=201)
def commit(uow: Writing, request: Request, number: Number, new: schemas.NewCommit) -> schemas.CommitMade:
    """Commit files, or the edits in the item's worktree, to its branch."""
    _checked(uow, request, number)
    return schemas.CommitMade(commit=service.commit(uow, number, new))


@router.post("/{number}/update")
def update(uow: Writing, request: Request, number: Number, how: schemas.Update) -> schemas.CommitMade:
    """Bring the branch up to date with main."""
    _checked(uow, request, number)
    return schemas.CommitMade(commit=service.update(uow, number, how))


@router.post("/{number}/complete")
def complete(uow: Writing, request: Request, response: Response, number: Number) -> schemas.ItemDetail:
    """Complete: check every rule, merge, leave the record."""
    _checked(uow, request, number)
    return _out(uow, response, service.complete(uow, number))


@router.post("/{number}/drop")
def drop(uow: Writing, request: Request, response: Response, number: Number) -> schemas.ItemDetail:
    """Give the item up; its commits are kept."""
    _checked(uow, request, number)
    return _out(uow, response, service.drop(uow, number))


@router.post("/{number}/reopen")
def reopen(uow: Writing, request: Request, response: Response, number: Number) -> schemas.ItemDetail:
    """Take a dropped item up again."""
    _checked(uow, request, number)
    return _out(uow, response, service.reopen(uow, number))


@router.post("/{number}/revert", status_code=201)
def revert(uow: Writing, response: Response, number: Number, why: schemas.Reason) -> schemas.ItemDetail:
    """Open an item that takes a completed one back."""
    return _out(uow, response, service.revert(uow, number, why.reason))


@router.post("/{number}/waive")
def waive(
    uow: Writing, request: Request, response: Response, number: Number, new: schemas.NewWaiver
) -> schemas.ItemDetail:
    """Let a rule pass for this head, with a reason."""
    _checked(uow, request, number)
    return _out(uow, response, service.waive(uow, number, new))


@router.get("/{number}/reach")
def reach(uow: Reading, number: Number) -> schemas.ReachOut:
    """Say what an open item reaches of its hosts, and who has approved that."""
    return service.reach(uow, number)


@router.post("/{number}/approve_reach")
def approve_reach(
    uow: Writing, request: Request, response: Response, number: Number, decision: schemas.ReachDecision
) -> schemas.ItemDetail:
    """Approve what an item reaches of a host: that of the digest which was read."""
    _checked(uow, request, number)
    return _out(uow, response, service.approve_reach(uow, number, decision))


@router.post("/{number}/verify", status_code=202)
def verify(uow: Writing, number: Number) -> schemas.VerificationOut:
    """Run the service's verify command on the merge result."""
    return schemas.VerificationOut.model_validate(service.verify(uow, number))


@router.post("/{number}/tick")
def tick(uow: Writing, response: Response, number: Number, at: schemas.LineNumber) -> schemas.ItemDetail:
    """Mark a line of the checklist as done."""
    return _out(uow, response, service.tick(uow, number, at.line))


@router.post("/{number}/untick")
def untick(uow: Writing, response: Response, number: Number, at: schemas.LineNumber) -> schemas.ItemDetail:
    """Take the mark off a line."""
    return _out(uow, response, service.untick(uow, number, at.line))


@router.post("/{number}/add")
def add(uow: Writing, response: Response, number: Number, new: schemas.ChecklistText) -> schemas.ItemDetail:
    """Add a line to the checklist."""
    return _out(uow, response, service.add(uow, number, new))


@router.post("/{number}/move")
def move(uow: Writing, response: Response, number: Number, at: schemas.LineMove) -> schemas.ItemDetail:
    """Put a line of the checklist elsewhere."""
    return _out(uow, response, service.move(uow, number, at.line, at.to))


@router.post("/{number}/remove")
def remove(uow: Writing, response: Response, number: Number, at: schemas.LineNumber) -> schemas.ItemDetail:
    """Take a line off the checklist."""
    return _out(uow, response, service.remove(uow, number, at.line))


@router.post("/{number}/checkout")
def checkout(uow: Writing, request: Request, number: Number) -> schemas.WorktreeOut:
    """Give the item a worktree on the server."""
    return schemas.WorktreeOut(
        path=str(service.checkout(uow, number, request.app.state.wiring.settings.var / "worktrees"))
    )
