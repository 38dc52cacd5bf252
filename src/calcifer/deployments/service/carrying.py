"""Carries a run out, phase by phase, outside of any unit of work: each talks to the host, and notes what it came to.

Killed anywhere and begun again, it goes on at the phase that it had come to: each phase ends in the same state however often it is
done, and what runs on the host is found again by its name.
"""

import logging
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

from calcifer.deployments import coming, hooks, records, running, shipping, standing, verdict
from calcifer.deployments.drivers import compose, keeping
from calcifer.deployments.drivers.compose import State
from calcifer.deployments.queries import runs as queries
from calcifer.deployments.service import answering, lasting, runs, trusting
from calcifer.deployments.service.lasting import patiently
from calcifer.deployments.service.orders import Order, order_of
from calcifer.deployments.shipping import InTheWay, Shipped
from calcifer.hosts.reaching import changed, write_known_hosts
from calcifer.kit import ssh
from calcifer.kit.errors import CalciferError, Unavailable
from calcifer.kit.git.repository import Repository
from calcifer.kit.legible import plural
from calcifer.kit.ssh import KeyChanged
from calcifer.kit.uow import Actor, Units
from calcifer.monitoring import verdict as answers_verdict
from calcifer.secrets import sealed
from calcifer.secrets.keys import Keys

log = logging.getLogger("calcifer.deployments")

DEADLINE_SECONDS = 180.0
"""How long a version may take until it is healthy."""
ENDPOINT_SECONDS = 30.0
"""How long endpoints are asked at least, once the containers are well: longer where the deadline is not over."""
FIRST_LOOK_SECONDS = 0.2
"""How soon it is looked again at first; each time half as long again is waited, up to lasting.LOOK_SECONDS."""


class NotInService(CalciferError):
    """What was asked for does not run as it should."""


class Cancelled(CalciferError):
    """Somebody has asked for the end."""


class Course:
    """One run on its way."""

    def __init__(
        self, units: Units, actor: Actor, deployment_id: int, var: Path, told: Callable[[str], None], line: ssh.Line
    ) -> None:
        """Carry out `deployment_id` over `line`; what runs say is added to files below `var`/logs/deployments."""
        self._units, self._actor, self._id, self._var, self._told = units, actor, deployment_id, var, told
        self._line = line
        self._shipped: Shipped | None = None
        self._seen: State | None = None
        """What was there once the containers had followed."""
        self._known: frozenset[tuple[str, str]] = frozenset()
        """What ran before they followed: id and start."""

    def run(self) -> str:
        """Go from phase to phase until it has ended; return the state."""
        phases = {
            "plan": self._plan,
            "ship": self._ship,
            "start": self._start,
            "verify": self._verify,
            "record": self._record,
        }
        while not (order := self._order()).is_finished:
            self._told(order.phase)
            try:
                if order.is_cancelled and not order.is_returning and order.phase != "record":
                    raise Cancelled("It was cancelled.")
                phases[order.phase](order)
            except CalciferError as error:
                self._failed(order, error)
        with self._units.read(self._actor) as uow:
            return queries.get_deployment(uow.db, self._id).run.state

    def _order(self) -> Order:
        with self._units.read(self._actor) as uow:
            return order_of(uow, self._id, self._var, self._line)

    def _note(self, **values: Any) -> None:
        with self._units.write(self._actor) as uow:
            runs.note(uow, self._id, **values)

    # -- phases -------------------------------------------------------------------------------------------------------

    def _plan(self, order: Order) -> None:
        """Find out what will change, and what on the host is otherwise than it was left; nothing is touched."""
        self._secrets(order)  # where they cannot be read, nothing is begun
        seen = compose.look(order.place, order.project, compose.ALL - {"images"})
        if strangers := standing.strangers(seen, order.place.path):
            raise NotInService(
                f"On the host a stack of another directory is called '{seen.project}' too: {', '.join(strangers[:5])}.",
                mend="Name the project in the compose file (name: …), or that directory in the target (directory: …).",
            )
        edited = shipping.edited(order.place)
        repository = Repository(order.repository)
        before = seen.deployed if seen.deployed and repository.has(seen.deployed) else None
        plan = coming.plan(repository, before, order.goal, order.place.folder, order.place.without)
        plan |= {"edited": edited[: coming.MOST], "drift": standing.drift(seen, edited)}
        with self._units.write(self._actor) as uow:
            if trusting.held(uow, self._id, plan):
                return
            if order.is_decided:
                plan["decided"] = queries.get_deployment(uow.db, self._id).run.plan["decided"]
            values = {"plan": plan, "before": before, "items": plan["items"], "project": order.project or seen.project}
            if plan["drift"] and not order.is_decided:
                told = " ".join(plan["drift"][:5])
                runs.finish(
                    uow, self._id, "held", **values,
                    error=f"The host is otherwise than it was left, and nothing was changed. {told}",
                    mend=f"calcifer deployments proceed {self._id}   (edited files are kept aside on the host), or bring the "
                    f"edits into the repository and deploy again",
                )  # fmt: skip
            else:
                runs.note(uow, self._id, **values, phase="ship", state="running")

    def _ship(self, order: Order) -> None:
        self._shipped = self._brought(order)
        self._note(phase="start")

    def _brought(self, order: Order) -> Shipped:
        by = f"deployment {order.id} by {order.by}"
        repository = Repository(order.repository)
        return patiently(
            lambda: shipping.ship(
                order.place, repository, order.goal, by=by, aside=order.is_decided, block=self._secrets(order)
            )
        )

    def _secrets(self, order: Order) -> bytes:
        """Return the secrets of the version that is brought, as .env has them; they are kept nowhere here."""
        repository = Repository(order.repository)
        return sealed.block(repository, order.goal, order.place.folder, order.target, Keys(self._var))

    def _start(self, order: Order) -> None:
        """Let the containers follow, and those restart that see an old file."""
        shipped = self._shipped or self._brought(order)
        before = patiently(lambda: compose.look(order.place, order.project, {"files", "containers"}))
        if before.broken:
            raise NotInService(f"Compose cannot read the files: {before.broken}")
        if order.project and before.own != order.project:
            raise NotInService(
                f"The files call the project '{before.own}' now, and its containers run as '{order.project}': they would stay "
                "beside the new ones.",
                mend=f"Put  name: {order.project}  into the compose file.",
            )
        project = order.project or before.project
        self._note(project=project)
        self._hook(order, "pre_deploy")
        self._restore_images(order)
        self._lasting(order, compose.up(order.place, project), "docker compose up")
        after = patiently(lambda: compose.look(order.place, project, compose.ALL - {"files"}))
        late = compose.stale(before, after, order.place, [*shipped.added, *shipped.changed, *shipped.removed])
        if late:
            self._lasting(order, compose.restart(late), "docker restart")
        patiently(lambda: shipping.settle(order.place, order.goal))
        self._seen = self._again(order, after) if late else after
        self._known = frozenset((one.id, one.started) for one in before.containers if one.status == "running")
        self._note(phase="verify")

    def _verify(self, order: Order) -> None:
        """Look until all run as asked, and have for long enough; NotInService where one does not, or not in time."""
        until, good_since, pause = time.monotonic() + DEADLINE_SECONDS, None, FIRST_LOOK_SECONDS
        asked = time.monotonic()
        seen = self._seen or patiently(partial(compose.look, order.place, order.project))
        self._seen, first = None, seen
        while True:
            found = verdict.judge(seen, first)
            if found.standing == "bad":
                raise NotInService(found.sentence)
            if found.standing != "good" and time.monotonic() > until:
                raise NotInService(f"After {DEADLINE_SECONDS:.0f} seconds: {found.sentence}")
            good_since = None if found.standing == "waiting" else good_since or asked
            left = verdict.settles_in(seen, self._known, asked - good_since) if good_since else pause
            if found.standing == "good" and left <= 0:
                break
            self._stop_if_cancelled(order)
            time.sleep(max(min(pause, left), 0.05) if left > 0 else pause)
            pause, asked = min(pause * 1.5, lasting.LOOK_SECONDS), time.monotonic()
            seen = self._again(order, first)
        said = f"{found.sentence} {self._answered(order, until)}".strip()
        self._hook(order, "post_deploy")
        outcome = ("cancelled" if order.is_cancelled else "returned") if order.is_returning else "good"
        images = standing.images(seen)
        kept = "" if order.is_returning else self._kept(order, images)
        self._note(phase="record", verdict=f"{said} {kept}".strip(), images=images, outcome=outcome)

    def _answered(self, order: Order, until: float) -> str:
        """Return what the version's endpoints say; NotInService where one does not answer as it should, in time.

        On the way back it is told alone: what runs is what was there before, and the reason may lie elsewhere.
        """
        wanted = answering.of_version(
            Repository(order.repository), order.goal, order.place.folder, order.service, order.target
        )
        if not wanted:
            return ""
        patience = ENDPOINT_SECONDS / 3 if order.is_returning else max(ENDPOINT_SECONDS, until - time.monotonic())
        answers = answering.ask(wanted, time.monotonic() + patience, lambda: self._stop_if_cancelled(order))
        if answers_verdict.standing(answers) == "ill" and not order.is_returning:
            raise NotInService(
                f"The containers are well, and after {patience:.0f} seconds: {answers_verdict.sentence(answers)}"
            )
        return answers_verdict.sentence(answers)

    def _stop_if_cancelled(self, order: Order) -> None:
        if self._order().is_cancelled and not order.is_returning:
            raise Cancelled("It was cancelled.")

    def _again(self, order: Order, seen: State) -> State:
        """Look at the containers again; what the files ask for is as it was."""
        now = patiently(lambda: compose.look(order.place, seen.project, {"containers"}))
        return replace(now, hashes=seen.hashes, images=seen.images, broken=seen.broken)

    def _record(self, order: Order) -> None:
        """Write down how it ended: in the repository, then on the host, where that answers."""
        with self._units.write(self._actor) as uow:
            listed = runs.finish(uow, self._id, order.outcome or "failed")
            text = records.render(listed)
        if not listed.run.plan:  # nothing was begun there
            return
        try:
            shipping.note(order.place, text)
        except CalciferError:
            log.warning("The host of deployment %s did not take its record.", self._id, exc_info=True)

    def _hook(self, order: Order, name: str) -> None:
        """Run a hook of the version; one that nobody trusts does not run, which holds what is asked for, but not the way back."""
        with self._units.read(self._actor) as uow:
            hook = trusting.trusted(uow, order.service, order.goal, name)
        if hook is not None:
            self._lasting(order, hooks.script(hook, order.place.path), hook.run)

    def _restore_images(self, order: Order) -> None:
        """Give names of images back that a prune has taken, where this version was in service before."""
        with self._units.read(self._actor) as uow:
            row = queries.get_deployment(uow.db, self._id).run
            known = queries.find_good(uow.db, row.service_id, row.host_id, order.goal)
            images = known.images if known else {}
        if images:
            patiently(lambda: keeping.restore(order.place, images))

    def _kept(self, order: Order, images: dict[str, Any]) -> str:
        """Keep the images of this version and of the one before; return what is to be said where that did not succeed."""
        with self._units.read(self._actor) as uow:
            run = queries.get_deployment(uow.db, self._id).run
            good = queries.list_good(uow.db, run.service_id, run.host_id)
        before = [(one.id, one.images) for one in good if one.commit != order.goal][:1]
        versions = [(order.id, images), *before]
        wanted, kept = len(keeping.names(order.service, versions)), 0
        try:
            kept = keeping.keep(order.place, versions)
        except CalciferError:
            log.warning("The host of deployment %s keeps no images.", self._id, exc_info=True)
        lost = wanted - kept
        return (
            f"{plural(lost, 'image')} could not be kept: a prune on the host can take what a way back needs."
            if lost
            else ""
        )

    # -- what goes wrong ----------------------------------------------------------------------------------------------

    def _failed(self, order: Order, error: CalciferError) -> None:
        if isinstance(error, KeyChanged):
            error = changed(order.aim, error)
        said, mend = error.message, error.mend
        if order.phase == "record":
            raise error
        if order.is_returning:
            both = f"{order.error} Going back to {(order.before or '')[:10]} failed too: {said}"
            self._note(phase="record", outcome="failed", error=both, mend=mend)
        elif isinstance(error, InTheWay):
            with self._units.write(self._actor) as uow:
                runs.finish(
                    uow, self._id, "held", error=said,
                    mend=f"calcifer deployments proceed {self._id}   (they are kept aside on the host), or: {mend}",
                )  # fmt: skip
        elif order.phase == "plan":
            outcome = "cancelled" if isinstance(error, Cancelled) else "failed"
            self._note(phase="record", outcome=outcome, error=f"{said} Nothing was changed.", mend=mend)
        elif order.way_back:
            self._shipped = self._seen = None
            self._note(phase="ship", is_returning=True, error=said, mend=mend)
        else:
            outcome = "cancelled" if isinstance(error, Cancelled) else "failed"
            what = "There is no version before that it could go back to: it is left as it is."
            self._note(phase="record", outcome=outcome, error=f"{said} {what}", mend=mend)

    def _lasting(self, order: Order, script: str, what: str) -> None:
        """Run something lasting on the host, by a name made of what is noted alone: it is found again whatever ends here."""

        def cut_off(next_one: int) -> None:
            self._stop_if_cancelled(order)
            self._note(runs=next_one)

        way = "back" if order.is_returning else "forth"
        name = f"{order.id}-{way}-{what.rsplit(maxsplit=1)[-1]}"
        during = partial(self._watched, order)
        lasting.carry(
            order.place, name, script, self._var, what, done=self._order().runs, cut_off=cut_off, during=during
        )

    @contextmanager
    def _watched(self, order: Order, name: str) -> Iterator[None]:
        """End the run `name` on the host as soon as somebody cancels."""
        ended = threading.Event()

        def watch() -> None:
            while not ended.wait(lasting.LOOK_SECONDS):
                if self._order().is_cancelled:
                    with suppress(Unavailable):
                        running.stop(order.place, name)
                    return

        watching = threading.Thread(target=watch, name=f"calcifer-cancel-{name}", daemon=True)
        if not order.is_returning:
            watching.start()
        try:
            yield
        finally:
            ended.set()
            if watching.is_alive():
                watching.join()


def carry_out(units: Units, actor: Actor, deployment_id: int, var: Path, told: Callable[[str], None]) -> str:
    """Carry a run out to its end, from the phase that it had come to, and return its state."""
    write_known_hosts(units, actor, var)
    with ssh.open_line(var) as line:
        return Course(units, actor, deployment_id, var, told, line).run()
