"""Items of services that share a repository: opened, edited, judged and completed beside each other."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from starlette.testclient import TestClient

from calcifer.services import queries as catalog
from calcifer.wiring import Wiring
from calcifer.work import queries
from calcifer.work import service as work
from calcifer.work.rules import Verdict
from calcifer.work.schemas import NewChange, NewCommit
from calcifer.work.service.trust import trust, verify
from tests.conftest import Git, Run
from tests.folders.conftest import NAMES, Adopting, completed, compose, ready
from tests.owner import OWNER
from tests.services.samples import snapshot
from tests.work import factories


def judged(wiring: Wiring, number: int) -> dict[str, Verdict]:
    with wiring.units.read(OWNER) as uow:
        return {verdict.rule: verdict for verdict in work.judge(uow, queries.get_item(uow.db, number))}


def heads(wiring: Wiring) -> set[str | None]:
    with wiring.units.read(OWNER) as uow:
        return {catalog.get_service(uow.db, name).head for name in NAMES}


def test_a_completion_leaves_change_and_record_where_they_belong(stacks: Path, wiring: Wiring, git: Git) -> None:
    before = snapshot(stacks)
    number = completed(wiring, "web")
    changed = set(git(stacks, "diff", "--name-only", "HEAD^1", "HEAD").split())
    record = f".calcifer/work/{number:04d}-pin-it.md"
    assert changed == {"web/compose.yaml", "web/CHANGES.md", record}
    assert f"(#{number})" in (stacks / "web" / "CHANGES.md").read_text()
    assert "\nservice: web\n" in (stacks / record).read_text()
    after = snapshot(stacks)
    beside = {path for path in before if path.decode() not in changed}
    assert {path: after[path] for path in beside} == {path: before[path] for path in beside}
    assert git(stacks, "status", "--porcelain") == ""
    assert git(stacks, "fsck", "--strict", "--no-dangling") == ""
    assert heads(wiring) == {git(stacks, "rev-parse", "main")}


def test_by_page_api_and_command_line(
    stacks: Path, wiring: Wiring, client: TestClient, api: TestClient, calcifer: Run, git: Git, tmp_path: Path
) -> None:
    new = {"title": "Pin it", "reason": "It broke.", "service": "web"}
    by_api = api.post("/api/v1/work/open", json=new).json()["number"]
    files = [{"path": "web/compose.yaml", "content": compose("web", "1.26")}]
    assert api.post(
        f"/api/v1/work/{by_api}/commit", json={"message": "Pin", "entry": "Pin.", "files": files}
    ).is_success
    factories.finished(wiring, by_api)
    assert api.post(f"/api/v1/work/{by_api}/complete").json()["state"] == "completed"

    client.post("/work/open", data={"title": "Pin it", "reason": "It broke.", "service_name": "media"})
    by_page = by_api + 1
    assert "media/docs" in client.get(f"/work/{by_page}/files").text
    assert "common.env.example" in client.get(f"/work/{by_page}/files?path=").text
    data = {"file": "media/compose.yaml", "content": compose("media", "1.26"), "message": "Pin", "entry": "Pin."}
    client.post(f"/work/{by_page}/commit", data=data)
    factories.finished(wiring, by_page)
    assert "completed" in client.post(f"/work/{by_page}/complete").text

    calcifer("work", "open", "Pin it", "-m", "It broke.", "-s", "db")
    by_command = by_page + 1
    (tmp_path / "new.yaml").write_text(compose("db", "1.26"))
    given = f"db/compose.yaml={tmp_path / 'new.yaml'}"
    assert calcifer("work", "commit", by_command, "-m", "Pin", "--entry", "Pin.", "--file", given).code == 0
    factories.finished(wiring, by_command)
    assert calcifer("work", "complete", by_command).code == 0

    for name in NAMES:
        assert (stacks / name / "compose.yaml").read_text() == compose(name, "1.26")
        assert (stacks / name / "CHANGES.md").read_text().count("\n## ") == 1
    assert len(list((stacks / ".calcifer" / "work").iterdir())) == 3
    assert git(stacks, "status", "--porcelain") == ""


def test_at_once_on_all_of_them_from_threads(stacks: Path, wiring: Wiring, git: Git) -> None:
    numbers = [ready(wiring, name, f"Change {n}", **{f"{name}/f{n}": f"{n}\n"}) for n in range(4) for name in NAMES]

    def complete(number: int) -> str | None:
        with wiring.units.write(OWNER) as uow:
            return work.complete(uow, number).merge

    with ThreadPoolExecutor(len(numbers)) as pool:
        assert all(pool.map(complete, numbers))
    for name in NAMES:
        assert (stacks / name / "CHANGES.md").read_text().count("\n## ") == 4
        assert sorted(path.name for path in (stacks / name).glob("f?")) == ["f0", "f1", "f2", "f3"]
    assert len(list((stacks / ".calcifer" / "work").iterdir())) == len(numbers)
    assert git(stacks, "status", "--porcelain") == ""
    assert git(stacks, "fsck", "--strict", "--no-dangling") == ""
    assert heads(wiring) == {git(stacks, "rev-parse", "main")}


def test_an_item_beside_is_behind_main_and_still_completes(stacks: Path, wiring: Wiring, api: TestClient) -> None:
    waiting = ready(wiring, "media")
    completed(wiring, "web")
    assert api.get(f"/api/v1/work/{waiting}").json()["behind"] > 0
    with wiring.units.write(OWNER) as uow:
        work.complete(uow, waiting)


def test_what_services_share_may_change_and_is_told(stacks: Path, wiring: Wiring) -> None:
    number = ready(wiring, "web", **{"common.env.example": "TZ=Europe/Berlin\n"})
    verdict = judged(wiring, number)["folder"]
    assert (verdict.state, verdict.evidence) == ("pass", ("common.env.example",))
    assert verdict.sentence == "It also changes 1 file that the services of this repository share."


def test_files_of_another_service_hold_it_up(stacks: Path, wiring: Wiring) -> None:
    number = ready(wiring, "web", **{"media/compose.yaml": compose("media", "2")})
    verdict = judged(wiring, number)["folder"]
    assert verdict.state == "fail"
    assert "belongs to media" in verdict.sentence
    assert verdict.evidence == ("media/compose.yaml",)


def test_a_service_alone_in_its_repository_is_not_asked(wiring: Wiring) -> None:
    factories.service(wiring, "alone")
    assert "folder" not in judged(wiring, factories.ready(wiring, "alone"))


def test_rules_look_at_the_folder(stacks: Path, wiring: Wiring) -> None:
    broken = "services:\n  web:\n    imagine: x\n"
    beside = ready(wiring, "web", **{"media/compose.yaml": broken, "web/docs/more.md": "More.\n"})
    assert judged(wiring, beside)["compose"].state == "pass"
    verdicts = judged(wiring, ready(wiring, "media", **{"media/compose.yaml": broken}))
    assert verdicts["compose"].state == "fail"
    assert verdicts["compose"].evidence[0].startswith("compose.yaml:")
    number = factories.opened(wiring, "db")
    factories.committed(wiring, number, compose("db", "2"), path="db/compose.yaml")
    assert judged(wiring, number)["documentation"].state == "fail"
    factories.committed(wiring, number, "# More\n", path="web/README.md")
    assert judged(wiring, number)["documentation"].state == "fail"
    factories.committed(wiring, number, "# More\n", path="db/README.md")
    assert judged(wiring, number)["documentation"].state == "pass"


def test_a_secret_beside_the_folder_is_found(stacks: Path, wiring: Wiring) -> None:
    token = "ghp_" + "A1b2C3d4E5f6G7h8I9j0" * 2
    number = ready(wiring, "web", **{"common.env.example": f"TOKEN={token[:40]}\n"})
    assert judged(wiring, number)["secrets"].evidence[0].startswith("common.env.example:1")


def test_an_entry_of_another_item_is_foreign_in_every_folder(stacks: Path, wiring: Wiring) -> None:
    other = factories.opened(wiring, "media")
    number = ready(wiring, "web", **{f"media/changes.d/{other}.md": "Not mine.\n"})
    assert judged(wiring, number)["entry"].evidence == (f"media/changes.d/{other}.md",)


def test_the_express_lane_takes_a_file_of_the_folder(stacks: Path, wiring: Wiring, client: TestClient) -> None:
    with wiring.units.read(OWNER) as uow:
        base = catalog.get_service(uow.db, "web").head
    completed(wiring, "media")
    files = [{"path": "docs/use.md", "content": "# Use it\n"}]
    new = NewChange.model_validate({"service": "web", "reason": "Say how.", "files": files, "base": base})
    with wiring.units.write(OWNER) as uow:
        item, _ = work.change(uow, new)
    assert item.state == "completed"
    assert (stacks / "web" / "docs" / "use.md").read_text() == "# Use it\n"
    assert "# Use it" in client.get("/work/change?service_name=web&path=docs/use.md").text


def test_the_express_lane_takes_edits_below_the_folder_alone(
    stacks: Path, wiring: Wiring, calcifer: Run, client: TestClient, git: Git
) -> None:
    for path in ("web/docs/use.md", "media/docs/use.md", "common.env.example"):
        (stacks / path).write_text("Edited.\n")
    shown = client.get("/work/change?service_name=web").text
    assert "docs/use.md" in shown
    assert "common.env" not in shown
    assert calcifer("work", "change", "web", "-m", "Say how.").code == 0
    assert git(stacks, "status", "--porcelain").split("\n") == ["M common.env.example", " M media/docs/use.md"]
    assert calcifer("work", "change", "media", "-m", "Say how.", "docs/use.md").code == 0
    assert git(stacks, "status", "--porcelain") == "M common.env.example"
    refused = calcifer("work", "change", "db", "-m", "Say how.")
    assert "There is nothing to change" in refused.err
    wrong = calcifer("change", "web", "-m", "Path from the top", "web/compose.yaml")
    assert (wrong.code, wrong.err.splitlines()[0]) == (
        2,
        f"Error: There is no 'web/web/compose.yaml' in {stacks}, and none was removed.",
    )


def test_a_worktree_has_all_of_the_repository(stacks: Path, wiring: Wiring, git: Git) -> None:
    number = factories.opened(wiring, "web")
    with wiring.units.write(OWNER) as uow:
        path = work.checkout(uow, number, wiring.settings.var / "worktrees")
    (path / "web" / "compose.yaml").write_text(compose("web", "1.27"))
    new = NewCommit.model_validate({"message": "Pin", "entry": "Pin.", "from_worktree": True})
    with wiring.units.write(OWNER) as uow:
        work.commit(uow, number, new)
    factories.finished(wiring, number)
    with wiring.units.write(OWNER) as uow:
        work.complete(uow, number)
    assert not path.exists()
    assert (stacks / "web" / "compose.yaml").read_text() == compose("web", "1.27")


def test_verify_runs_in_the_folder(repository: Path, adopt: Adopting, wiring: Wiring, git: Git) -> None:
    command = "test -f compose.yaml && test -f ../common.env.example && basename $PWD"
    (repository / "web" / ".calcifer").mkdir()
    (repository / "web" / ".calcifer" / "service.yaml").write_text(f"verify: {command}\n")
    git(repository, "add", "-A")
    git(repository, "commit", "-qm", "Verify")
    adopt(repository, only=("web",))
    with wiring.units.write(OWNER) as uow:
        trust(uow, "web", command)
    number = ready(wiring, "web")
    with wiring.units.write(OWNER) as uow:
        run = verify(uow, number).id
    wiring.jobs.run_due()
    with wiring.units.read(OWNER) as uow:
        assert (queries.get_verification(uow.db, run).state, queries.get_verification(uow.db, run).output) == (
            "passed", "web",
        )  # fmt: skip


def test_revert_leaves_changes_and_record_of_the_folder(stacks: Path, wiring: Wiring, git: Git) -> None:
    number = completed(wiring, "web")
    with wiring.units.write(OWNER) as uow:
        made = work.revert(uow, number, "It was worse.").number
    factories.finished(wiring, made)
    with wiring.units.write(OWNER) as uow:
        work.complete(uow, made)
    assert (stacks / "web" / "compose.yaml").read_text() == compose("web")
    assert (stacks / "web" / "CHANGES.md").read_text().count("\n## ") == 2
    assert len(list((stacks / ".calcifer" / "work").iterdir())) == 2


def test_pages_of_a_service_show_its_folder(stacks: Path, wiring: Wiring, client: TestClient, git: Git) -> None:
    number = completed(wiring, "web")
    completed(wiring, "media", "Other thing")
    assert "Folder in it" in client.get("/services/web").text
    files = client.get("/services/web/files").text
    assert "compose.yaml" in files
    assert "common.env" not in files
    history = client.get("/services/web/history").text
    assert "Pin it" in history
    assert "Other thing" not in history
    shown = client.get("/services/web/documentation").text
    assert "What web is for." in shown
    assert f"{number:04d}-pin-it.md" in shown
    assert "other-thing" not in shown
    assert client.get(f"/services/web/documentation?path=.calcifer/work/{number:04d}-pin-it.md").status_code == 200
