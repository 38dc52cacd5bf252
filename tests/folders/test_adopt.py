"""Folders of a repository become services where they are: one commit, and nothing beside it is touched."""

import json
from pathlib import Path

from starlette.testclient import TestClient

from calcifer.services import queries
from calcifer.services.models import Service
from calcifer.services.planning import Known, Wish, plan
from calcifer.wiring import Wiring
from tests.conftest import Git, Run
from tests.folders.conftest import NAMES, Adopting, compose
from tests.owner import OWNER
from tests.services.samples import snapshot, stack


def found(wiring: Wiring, name: str) -> Service:
    with wiring.units.read(OWNER) as uow:
        return queries.get_service(uow.db, name)


def names(wiring: Wiring) -> list[str]:
    with wiring.units.read(OWNER) as uow:
        return queries.list_names(uow.db)


def test_the_plan_says_what_stays_a_folder_and_what_stays_out(repository: Path, home: Path) -> None:
    made = plan(Wish((str(repository),), directories=True, in_place=True), home, Known({}))
    assert [(step.name, step.kind) for step in made.steps] == [
        ("db", "track"), ("media", "track"), ("web", "track"), ("stacks", "rest"),
    ]  # fmt: skip
    assert [(Path(one.source).name, one.reason) for one in made.left_out] == [("scripts", "has no compose file")]
    assert not (repository / "web" / ".calcifer").exists()


def test_one_commit_brings_what_they_lack_and_touches_nothing_else(
    repository: Path, adopt: Adopting, wiring: Wiring, git: Git
) -> None:
    before, main = snapshot(repository), git(repository, "rev-parse", "main")
    assert adopt(repository).adopted == ["db", "media", "web", "stacks"]
    ours = {f"{name}/{file}" for name in NAMES for file in ("CHANGES.md", ".calcifer/service.yaml")}
    assert set(git(repository, "diff", "--name-only", main, "main").split()) == {*ours, ".calcifer/folders"}
    assert git(repository, "rev-list", "--count", f"{main}..main") == "1"
    assert git(repository, "log", "-1", "--format=%s") == "Adopt db, media, web, stacks"
    assert git(repository, "status", "--porcelain") == ""
    after = snapshot(repository)
    assert {path: after[path] for path in before} == before
    text = (repository / ".calcifer" / "folders").read_text().splitlines()
    assert text[1:] == [".", "db", "media", "web"]
    assert git(repository, "fsck", "--strict", "--no-dangling") == ""


def test_a_service_says_what_its_folder_says(stacks: Path, wiring: Wiring, git: Git) -> None:
    media = found(wiring, "media")
    assert (media.path, media.folder, media.place) == (str(stacks), "media", str(stacks / "media"))
    assert (media.title, media.description) == ("The media", "What media is for.")
    assert media.facts["files"] == ["compose.yaml"]
    assert media.facts["containers"]["media"]["image"] == "media:1.25"
    assert media.facts["error"] is None
    assert media.descriptor_source == "service.yaml"
    assert media.head == media.baseline == git(stacks, "rev-parse", "main")
    assert names(wiring) == ["db", "media", "web"]


def test_again_changes_nothing(stacks: Path, adopt: Adopting, git: Git) -> None:
    refs = git(stacks, "show-ref")
    assert adopt(stacks, only=NAMES).unchanged == list(NAMES)
    assert git(stacks, "show-ref") == refs


def test_another_folder_later_is_another_commit(stacks: Path, adopt: Adopting, wiring: Wiring, git: Git) -> None:
    stack(stacks / "extra")
    git(stacks, "add", "-A")
    git(stacks, "commit", "-qm", "Add extra")
    assert adopt(stacks / "extra", directories=None).adopted == ["extra"]
    assert git(stacks, "log", "-1", "--format=%s") == "Adopt extra"
    assert (stacks / ".calcifer" / "folders").read_text().split("\n")[1:-1] == ["db", "media", "web", "extra"]
    assert found(wiring, "web").head == git(stacks, "rev-parse", "main")


def test_only_takes_one_out_and_tracks_the_rest_where_it_is(
    repository: Path, adopt: Adopting, wiring: Wiring, home: Path, git: Git
) -> None:
    report = adopt(repository, only=("media",), in_place=False, rest=True)
    assert (report.adopted, report.failed) == (["media", "db", "web", "stacks"], [])
    assert (found(wiring, "media").path, found(wiring, "media").folder) == (str(home / "media"), "")
    assert (found(wiring, "web").path, found(wiring, "web").folder) == (str(repository), "web")
    assert (found(wiring, "stacks").path, found(wiring, "stacks").folder) == (str(repository), "")
    assert "Begin" in git(home / "media", "log", "--format=%s")
    assert not (repository / "media" / ".calcifer").exists()


def test_rest_without_a_choice_is_refused(repository: Path, calcifer: Run) -> None:
    ran = calcifer("adopt", "--directories", "--rest", repository)
    assert ran.code == 2
    assert "name these (--only)" in ran.err


def test_a_folder_that_is_a_service_is_taken_out_only_under_another_name(
    stacks: Path, adopt: Adopting, wiring: Wiring, home: Path
) -> None:
    refused = adopt(stacks, in_place=False)
    assert not refused.adopted
    assert (
        "is the service 'media' already, as a folder of its repository" in dict(refused.left_out)[str(stacks / "media")]
    )
    assert adopt(stacks / "media", directories=None, in_place=False, name="films").adopted == ["films"]
    assert found(wiring, "films").path == str(home / "films")
    assert found(wiring, "media").folder == "media"


def test_an_edit_in_the_way_is_named_and_nothing_happens(
    repository: Path, adopt: Adopting, wiring: Wiring, git: Git
) -> None:
    (repository / "web" / "CHANGES.md").write_text("mine\n")
    refs = git(repository, "show-ref")
    report = adopt(repository)
    assert not report.adopted
    assert all("web/CHANGES.md" in reason for _, reason in report.failed)
    assert (git(repository, "show-ref"), names(wiring)) == (refs, [])
    assert (repository / "web" / "CHANGES.md").read_text() == "mine\n"


def test_the_plan_says_what_is_in_the_way(repository: Path, wiring: Wiring, calcifer: Run, git: Git) -> None:
    for path in (repository / ".calcifer" / "folders", repository / "web" / ".calcifer" / "service.yaml"):
        path.parent.mkdir()
        path.write_text("mine\n")
    before, objects = snapshot(repository), git(repository, "count-objects", "-v")
    said = calcifer("services", "plan", "--directories", "--in-place", "--only", "web", "--json", repository)
    made = json.loads(said.out)
    assert made["steps"] == []
    (left,) = made["left_out"]
    assert left["source"] == str(repository)
    assert (snapshot(repository), git(repository, "count-objects", "-v")) == (before, objects)
    refused = calcifer("adopt", "--directories", "--in-place", "--only", "web", repository)
    assert refused.code == 5
    assert ".calcifer/folders, web/.calcifer/service.yaml" in left["reason"]
    assert left["reason"] in refused.err
    assert left["mend"].startswith("Commit these edits")
    assert (snapshot(repository), names(wiring)) == (before, [])


def test_the_plan_does_not_mind_what_is_not_in_the_way(repository: Path, calcifer: Run) -> None:
    (repository / "web" / "notes.txt").write_text("mine\n")
    (repository / "media" / "CHANGES.md").write_text("mine\n")
    said = calcifer("services", "plan", "--directories", "--in-place", "--only", "web", "--json", repository)
    made = json.loads(said.out)
    assert ([step["name"] for step in made["steps"]], made["left_out"]) == (["web"], [])


def test_an_empty_directory_is_empty_where_it_is_too(repository: Path, home: Path) -> None:
    (repository / "old").mkdir()
    made = plan(Wish((str(repository),), directories=True, in_place=True), home, Known({}))
    assert {Path(one.source).name: (one.reason, one.mend) for one in made.left_out} == {
        "old": ("is empty", None), "scripts": ("has no compose file", None),
    }  # fmt: skip


def test_what_was_not_asked_for_is_not_left_out(repository: Path, home: Path) -> None:
    def left(*only: str, rest: bool = False, also: tuple[str, ...] = ()) -> list[str]:
        wish = Wish((str(repository), *also), directories=True, in_place=True, only=frozenset(only), rest=rest)
        return sorted(Path(one.source).name for one in plan(wish, home, Known({})).left_out)

    assert left("web") == []
    assert left("web", "scripts") == ["scripts"]
    assert left("web", rest=True) == ["scripts"]
    assert left("web", also=("nothing", "~nobody-here/x")) == ["nothing", "x"]


def test_what_is_not_on_main_is_left_out(repository: Path, adopt: Adopting) -> None:
    stack(repository / "fresh")
    (repository / "link").symlink_to("web")
    report = adopt(repository / "fresh", repository / "link", directories=None)
    assert not report.adopted
    reasons = dict(report.left_out)
    assert "is not on its branch main" in reasons[str(repository / "fresh")]
    assert "is a link in a repository" in reasons[str(repository / "link")]


def test_a_repository_that_is_a_service_becomes_the_rest(
    repository: Path, adopt: Adopting, wiring: Wiring, calcifer: Run
) -> None:
    assert calcifer("scan").code == 0
    assert names(wiring) == ["stacks"]
    assert adopt(repository, only=("web",)).adopted == ["web"]
    assert (repository / ".calcifer" / "folders").read_text().split("\n")[1:-1] == [".", "web"]
    assert names(wiring) == ["stacks", "web"]


def test_by_page_api_and_command(
    repository: Path, client: TestClient, api: TestClient, calcifer: Run, wiring: Wiring
) -> None:
    asked = {"sources": str(repository), "directories": "each", "in_place": "true"}
    shown = client.get("/services/adopt", params=asked).text
    assert "stays a folder of its repository" in shown
    client.post("/services/adopt", data=asked | {"only": "web"})
    wiring.jobs.run_due()
    body = {"sources": [str(repository)], "directories": "each", "in_place": True, "only": ["media"]}
    assert api.post("/api/v1/services/plan", json=body).json()["steps"][0]["kind"] == "track"
    assert api.post("/api/v1/services/adopt", json=body).status_code == 202
    wiring.jobs.run_due()
    ran = calcifer("adopt", "--directories", "--in-place", "--only", "db", repository)
    assert (ran.code, ran.out) == (0, "db\n")
    assert names(wiring) == ["db", "media", "web"]
    assert api.get("/api/v1/services/web").json()["folder"] == "web"
    assert "Folder" in calcifer("services", "show", "web").out


def test_what_lies_beside_a_folder_can_be_included(repository: Path, adopt: Adopting, wiring: Wiring, git: Git) -> None:
    (repository / "common.yaml").write_text("services:\n  log:\n    image: log:1\n")
    text = "include:\n  - ../common.yaml\n  - ../../outside.yaml\n" + compose("web")
    (repository / "web" / "compose.yaml").write_text(text)
    git(repository, "add", "-A")
    git(repository, "commit", "-qm", "Share")
    adopt(repository, only=("web",))
    facts = found(wiring, "web").facts
    assert facts["files"] == ["compose.yaml", "../common.yaml"]
    assert set(facts["containers"]) == {"log", "web"}
    assert facts["error"] == "compose.yaml, line 3, column 5: There is no file '../../outside.yaml' in this repository."


def test_the_page_offers_to_track_what_is_not_ticked(repository: Path, client: TestClient, wiring: Wiring) -> None:
    asked = {"sources": str(repository), "directories": "each"}
    assert "Track what is not ticked" in client.get("/services/adopt", params=asked).text
    assert "Track what is not ticked" not in client.get("/services/adopt", params=asked | {"in_place": "true"}).text
    client.post("/services/adopt", data=asked | {"only": "media", "rest": "true"})
    wiring.jobs.run_due()
    assert names(wiring) == ["db", "media", "stacks", "web"]
    assert [found(wiring, name).folder for name in names(wiring)] == ["db", "", "", "web"]


def test_the_rest_alone_with_a_list_that_lacks_it(stacks: Path, adopt: Adopting, wiring: Wiring) -> None:
    assert adopt(stacks, directories=False).adopted == ["stacks"]
    assert (stacks / ".calcifer" / "folders").read_text().endswith(".\n")


def test_a_clone_that_is_adopted_brings_what_it_lists(
    stacks: Path, adopt: Adopting, wiring: Wiring, home: Path, git: Git
) -> None:
    away = home.parent / "copy"
    git(home, "clone", "-q", "stacks", str(away))
    assert adopt(away, directories=False, in_place=False).adopted == ["copy-db", "copy-media", "copy-web"]
