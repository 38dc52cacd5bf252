"""Looking at a host: rule, page, API, command; the script that does it, and what is compared."""

import subprocess
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from calcifer.deployments import service
from calcifer.deployments.looking import asking
from calcifer.deployments.looking.reading import read
from calcifer.deployments.looks import LookOut
from calcifer.deployments.models import Look
from calcifer.deployments.service.looks import find_look
from calcifer.hosts import queries as hosts
from calcifer.hosts.models import Host
from calcifer.hosts.reaching import Aim
from calcifer.kit.errors import Conflict, Forbidden, NotFound
from calcifer.kit.promises import JobRow
from calcifer.kit.uow import Actor
from calcifer.wiring import Wiring
from tests.conftest import Git, Run
from tests.deployments.looking.conftest import RECORDED, Engine
from tests.deployments.looking.saying import said
from tests.owner import OWNER
from tests.services.repositories import Counted
from tests.source import PACKAGE


def test_the_script_is_posix_and_changes_nothing(tmp_path: Path, engine: Engine, git: Git) -> None:
    stack = tmp_path / "st ack"
    stack.mkdir()
    (stack / "compose.yaml").write_text("services: {}\n")
    git(stack, "init", "-q")
    git(stack, "add", ".")
    git(stack, "commit", "-qm", "Begin")
    (stack / "compose.yaml").write_text("services: {a: {}}\n")
    (stack / "more.yaml").write_text("services: {}\n")
    engine(
        f"{RECORDED}label\t{stack}\t{stack}/compose.yaml,{stack}/more.yaml,{stack}/gone.yaml\n"
        f"label\t$(touch {tmp_path}/evil)\t`touch {tmp_path}/evil`\nlabel\t/nowhere\t\n"
    )
    before = {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*") if path.is_file()}
    script = (PACKAGE / "deployments" / "looking" / "look.sh").read_text()
    run = ["/bin/sh", "-c", script]
    feed = f"D{stack}\nFcompose.yaml\nFgone/x\nF../st ack/more.yaml\nD/nowhere\nFx\n"
    done = subprocess.run(run, input=feed, capture_output=True, text=True, check=True, cwd=tmp_path)
    assert done.stderr == ""
    assert {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*") if path.is_file()} == before
    seen = read(done.stdout.encode(), "alpha")
    place = seen.directories[str(stack)]
    assert (place.state, place.git, place.untracked) == (
        "yes",
        "repository",
        [f"{stack}/more.yaml", f"{stack}/gone.yaml"],
    )
    assert [line.split(" ")[-1] for line in place.status if line[0] == "1"] == ["compose.yaml"]
    assert seen.files[f"{stack}/gone.yaml"] == "no"
    assert seen.directories["/nowhere"].state == "no"
    assert seen.known[str(stack)]["gone/x"] == "missing"
    assert len(seen.known[str(stack)]["compose.yaml"]) == 64
    assert (len(seen.containers), seen.counted) == (5, 5)
    bare = {"PATH": str(tmp_path)}
    done = subprocess.run(run, input="", capture_output=True, text=True, check=True, env=bare)
    assert done.stdout.endswith("end\tok\n")


def looked(wiring: Wiring, *names: str) -> list[JobRow]:
    """Look, and wait for it."""
    with wiring.units.write(OWNER) as uow:
        rows = [row.id for row in service.look(uow, names)]
    return wiring.jobs.wait_all(rows)


def known(wiring: Wiring, name: str) -> LookOut:
    """What is known of a host."""
    with wiring.units.read(OWNER) as uow:
        host = hosts.get_host(uow.db, name)
        return LookOut.whole(host, find_look(uow, host))


def test_what_was_seen_is_kept(wiring: Wiring, engine: Engine, here: str) -> None:
    assert known(wiring, here).state == "unseen"
    (row,) = looked(wiring)
    assert row.result == {"host": "here", "unreached": False, "problems": 6}
    look = known(wiring, here)
    assert (look.state, look.problems, look.error) == ("problems", 6, None)
    assert look.seen_at is not None
    engine(said())
    looked(wiring, here)
    assert (known(wiring, here).state, known(wiring, here).found) == ("fine", [])


def test_the_service_that_lies_there_is_compared(
    wiring: Wiring, engine: Engine, here: str, tmp_path: Path, home: Path, git: Git, calcifer: Run
) -> None:
    place = home / "web"
    place.mkdir(parents=True)
    (place / ".gitattributes").write_text("*.txt text eol=crlf\n")
    (place / "notes.txt").write_text("a\nb\n")
    (place / "compose.yaml").write_text("services: {app: {image: nginx}}\n")
    (place / "gone ü.md").write_text("x\n")
    git(place, "init", "-q", "-b", "main")
    git(place, "add", ".")
    git(place, "commit", "-qm", "Begin")
    assert calcifer("scan").code == 0
    there = tmp_path / "stacks" / "web"
    there.mkdir(parents=True)
    (there / ".gitattributes").write_text("*.txt text eol=crlf\n")
    (there / "notes.txt").write_bytes(b"a\r\nb\r\n")
    (there / "compose.yaml").write_text("services: {app: {image: edited}}\n")
    one = {"stack": "web", "directory": str(there), "files": f"{there}/compose.yaml"}
    engine(said(one, more=f"label\t{there}\t{there}/compose.yaml\n"))
    looked(wiring)
    (stack,) = known(wiring, here).stacks
    assert stack.service == "web"
    assert stack.main is not None
    assert (stack.main.changed, stack.main.missing, stack.main.reason) == (["compose.yaml"], ["gone ü.md"], "")


def test_where_the_descriptor_says_that_it_lies(
    wiring: Wiring, engine: Engine, here: str, tmp_path: Path, home: Path, git: Git, calcifer: Run
) -> None:
    place, there = home / "web", tmp_path / "srv" / "www"
    for folder in (place / ".calcifer", there):
        folder.mkdir(parents=True)
    text = f"title: Web\ntargets:\n  - host: here\n    directory: {there}\n"
    (place / ".calcifer" / "service.yaml").write_text(text)
    git(place, "init", "-q", "-b", "main")
    git(place, "add", ".")
    git(place, "commit", "-qm", "Begin")
    assert calcifer("scan").code == 0
    engine(said({"stack": "web", "directory": str(there)}))
    looked(wiring)
    (stack,) = known(wiring, here).stacks
    assert (stack.service, stack.main and stack.main.missing) == ("web", [".calcifer/service.yaml"])


def test_another_machine_under_the_name_was_not_looked_at(wiring: Wiring, engine: Engine, here: str) -> None:
    looked(wiring)
    with wiring.units.write(OWNER) as uow:
        hosts.get_host(uow.db, here).key = "ssh-ed25519 AAAA"
    assert known(wiring, here).state == "unseen"


def test_a_host_that_is_not_reached_says_so_and_keeps_what_was_seen(wiring: Wiring, engine: Engine, here: str) -> None:
    looked(wiring)
    with wiring.units.write(OWNER) as uow:
        host = hosts.get_host(uow.db, here)
        service_row = asking.Looked(Aim.of(host), error=Conflict("The cable is out.", mend="Put it in."))
    from calcifer.deployments.service.looks import looked as record  # noqa: PLC0415 -- the name is taken here

    with wiring.units.write(OWNER) as uow:
        record(uow, service_row)
    look = known(wiring, here)
    assert (look.state, look.error, look.mend) == ("unreachable", "The cable is out.", "Put it in.")
    assert look.problems == 6
    assert len(look.stacks) == 3


def test_what_a_removed_host_had_is_forgotten(wiring: Wiring, engine: Engine, here: str) -> None:
    looked(wiring)
    with wiring.units.write(OWNER) as uow:
        uow.db.delete(hosts.get_host(uow.db, here))
    with wiring.units.database.reading() as session:
        assert session.connection().exec_driver_sql("SELECT count(*) FROM looks").scalar() == 0


def test_who_may(wiring: Wiring, here: str) -> None:
    with wiring.units.write(Actor("Mem", "mem@example.org", "member", 2)) as uow:
        assert len(service.look(uow, [here, here])) == 1
    with pytest.raises(Forbidden), wiring.units.write(Actor("", "", "nobody")) as uow:
        service.look(uow, [here])
    with pytest.raises(NotFound), wiring.units.write(OWNER) as uow:
        service.look(uow, ["nobody"])


def test_page(client: TestClient, wiring: Wiring, engine: Engine, here: str) -> None:
    assert "Not seen" in client.get("/deployments/look").text
    assert "Nobody has looked at this host yet" in client.get("/deployments/look/here").text
    assert "Looking." in client.post("/deployments/look", data={"host": here}).text
    assert "It is being looked at" in client.get("/deployments/look/here").text
    wiring.jobs.run_due()
    shown = client.get("/deployments/look/here").text
    where = [shown.index(words) for words in ("could not be started", "come back after a reboot", "<h2>Stacks</h2>")]
    assert where == sorted(where)
    assert "/deployments/look/here" in client.get("/hosts/here").text
    assert "Problems" in client.get("/deployments/look").text
    assert "Looking at all hosts." in client.post("/deployments/look").text
    assert client.post("/deployments/look", data={"host": "nobody"}).status_code == 404
    assert client.get("/deployments/look/nobody").status_code == 404


def test_what_an_engine_says_is_no_markup(client: TestClient, wiring: Wiring, engine: Engine, here: str) -> None:
    evil = "<script>x</script>\x1b[31m"
    names = {"stack": evil, "service": evil, "name": evil, "ref": evil, "directory": f"/{evil}", "error": evil}
    engine(said(names | {"status": "created"}, names | {"stack": ""}))
    looked(wiring)
    for shown in (client.get("/deployments/look").text, client.get("/deployments/look/here").text):
        assert "<script>x" not in shown
        assert "\x1b" not in shown
    assert "&lt;script&gt;x" in client.get("/deployments/look/here").text


def test_a_page_of_many_stacks_is_one_of_many(client: TestClient, wiring: Wiring, engine: Engine, here: str) -> None:
    engine(said(*({"stack": f"s{number:03}", "check": []} for number in range(120)), {"restart": ""}))
    looked(wiring)
    shown = client.get("/deployments/look/here")
    assert "s049" in shown.text
    assert "s050" not in shown.text.partition("<h2>Stacks</h2>")[2]
    assert len(shown.content) < 60_000
    last = client.get("/deployments/look/here", params={"limit": 100, "cursor": cursor_of(shown.text)}).text
    assert "Containers of no compose project" in last.partition("<h2>Stacks</h2>")[2]


def cursor_of(page: str) -> str:
    """The cursor of the next page."""
    return page.partition("cursor=")[2].partition('"')[0]


def test_the_list_asks_as_often_for_many_hosts_as_for_one(client: TestClient, wiring: Wiring, here: str) -> None:
    with Counted(wiring) as few:
        client.get("/deployments/look")
    with wiring.units.write(OWNER) as uow:
        for number in range(40):
            host = Host(name=f"h{number}", target=f"h{number}", added_at=uow.now, facts={}, findings=[])
            uow.db.add(host)
            uow.db.flush()
            uow.db.add(Look(host_id=host.id, machine=host.target, seen_at=uow.now, content={"problems": ["x" * 100]}))
    with Counted(wiring) as many:
        shown = client.get("/deployments/look").text
    assert many.statements == few.statements <= 8
    assert "h39" in shown
    assert len(shown) < 60_000


def test_api(api: TestClient, wiring: Wiring, engine: Engine, here: str) -> None:
    (job,) = api.post("/api/v1/deployments/look", json={"hosts": ["here"]}).json()["items"]
    wiring.jobs.run_due()
    assert api.get(f"/api/v1/deployments/look/jobs/{job['id']}").json()["state"] == "done"
    (row,) = api.get("/api/v1/deployments/look").json()["items"]
    assert (row["host"], row["state"], row["problems"]) == ("here", "problems", 6)
    assert len(LookOut.model_validate(api.get("/api/v1/deployments/look/here").json()).stacks) == 3
    assert api.post("/api/v1/deployments/look", json={"hosts": ["nobody"]}).status_code == 404
    assert api.get("/api/v1/deployments/look/jobs/999").status_code == 404


def test_command(calcifer: Run, wiring: Wiring, engine: Engine) -> None:
    assert "There is no host yet" in calcifer("look").err
    assert calcifer("look", "nobody").code == 3


def test_command_shows_what_is_wrong_first(calcifer: Run, engine: Engine, here: str) -> None:
    ran = calcifer("look", here)
    assert ran.code == 0, ran.err
    assert "here: 2 stacks, 4 of 5 containers run; 2 bad, 4 warn, 4 hint" in ran.err
    assert ran.out.index("faulty/late could not be started") < ran.out.index("/opt/stacks/good")
    (shown,) = calcifer("deployments", "look", here, "--json").json
    assert shown["found"][0]["kind"] == "failing"
