"""compose, descriptor and documentation: what the catalog reads from the branch."""

from pathlib import Path
from typing import Any

import pytest

from calcifer.work.rules.documentation import is_document
from tests.work.rules.cases import Files, case, case_of, commit, judge, repository_at

OLD = """\
services:
  web:
    image: nginx:1.26
    ports:
      - "8080:80"
    volumes:
      - ./site:/usr/share/nginx/html
"""
NEW_PORT = OLD.replace("8080", "8081")
NEW_IMAGE = OLD.replace("1.26", "1.27")
README = "# Web\n\nRuns nginx:1.26, open http://localhost:8080/.\n"


def web(path: Path, after: Files, *, before: str = OLD, readme: str = README, **more: Any) -> Any:
    """The case of a change to a service with a README."""
    return case(path, {"compose.yaml": before, "README.md": readme}, after, **more)


# -- compose


@pytest.mark.parametrize(
    ("content", "evidence"),
    [
        ("services:\n  web:\n    image: nginx\n    prots: [80]\n", "compose.yaml:4:5"),
        ("services:\n  web: [\n", "compose.yaml:3"),
        ("services:\n  web:\n    image: nginx\n    depends_on: [db]\n", "compose.yaml:4"),
    ],
)
def test_a_new_problem_fails_with_its_place(tmp_path: Path, content: str, evidence: str) -> None:
    verdict = judge("compose", web(tmp_path, {"compose.yaml": content}))
    assert verdict.state == "fail"
    assert "1 new problem" in verdict.sentence
    assert len(verdict.evidence) == 1
    assert verdict.evidence[0].startswith(evidence)


def test_valid_files_and_none_pass(tmp_path: Path) -> None:
    assert judge("compose", web(tmp_path / "a", {"compose.yaml": NEW_PORT})).sentence == "The compose files are valid."
    assert judge("compose", case(tmp_path / "b", {}, {"a": "b"})).sentence == "There is no compose file."


def test_an_older_problem_is_told_and_passes_even_where_its_line_moved(tmp_path: Path) -> None:
    wrong = OLD + "    prots: [80]\n"
    verdict = judge("compose", web(tmp_path, {"compose.yaml": "# why\n" + wrong}, before=wrong))
    assert (verdict.state, verdict.sentence) == ("pass", "The compose files have 1 problem, as they had before.")
    assert verdict.evidence[0].startswith("compose.yaml:9:")


def test_the_same_problem_once_more_fails(tmp_path: Path) -> None:
    wrong = "services:\n  a: {image: x, prots: []}\n"
    verdict = judge("compose", web(tmp_path, {"compose.yaml": wrong + "  b: {image: x, prots: []}\n"}, before=wrong))
    assert (verdict.state, len(verdict.evidence)) == ("fail", 1)


def test_a_file_that_is_referred_to_and_goes_fails(tmp_path: Path) -> None:
    files: Files = {"compose.yaml": "include: [web/c.yaml]\n", "web/c.yaml": OLD}
    assert judge("compose", case(tmp_path, files, {"web/c.yaml": None})).state == "fail"


# -- descriptor


FILE = ".calcifer/service.yaml"
FAULTY = "title: Web\npolicy: stritc\n"


def test_a_descriptor_that_breaks_fails_with_its_place(tmp_path: Path) -> None:
    verdict = judge("descriptor", case(tmp_path, {FILE: "title: Web\n"}, {FILE: FAULTY}))
    assert verdict.state == "fail"
    assert verdict.evidence[0].startswith(f"{FILE}:2:")


def test_a_descriptor_that_was_broken_holds_up_only_who_touches_it(tmp_path: Path) -> None:
    left_alone = judge("descriptor", case(tmp_path / "a", {FILE: FAULTY}, {"a": "b"}))
    assert (left_alone.state, len(left_alone.evidence)) == ("pass", 1)
    assert judge("descriptor", case(tmp_path / "b", {FILE: FAULTY}, {FILE: FAULTY + "# x\n"})).state == "fail"
    assert judge("descriptor", case(tmp_path / "c", {FILE: FAULTY}, {FILE: "title: Web\n"})).state == "pass"


def test_an_unknown_key_is_told(tmp_path: Path) -> None:
    verdict = judge("descriptor", case(tmp_path, {}, {FILE: "titel: Web\n"}))
    assert (verdict.state, verdict.sentence, len(verdict.evidence)) == ("pass", "service.yaml is valid.", 1)


def test_no_descriptor_is_needed(tmp_path: Path) -> None:
    assert judge("descriptor", case(tmp_path, {}, {"a": "b"})).sentence == "There is no descriptor, and none is needed."


# -- documentation


def test_no_changed_fact_passes(tmp_path: Path) -> None:
    verdict = judge("documentation", web(tmp_path, {"compose.yaml": "# why\n" + OLD, "src/app.py": "x"}))
    assert (verdict.state, verdict.sentence) == ("pass", "No derived fact changed.")


def test_a_changed_fact_without_a_document_fails(tmp_path: Path) -> None:
    verdict = judge("documentation", web(tmp_path, {"compose.yaml": NEW_PORT, "CHANGES.md": "x", "LICENSE.md": "x"}))
    assert (verdict.state, verdict.evidence) == (
        "fail",
        ("README.md:3 still says 8080", "ports of web: 8080:80 → 8081:80"),
    )
    assert "ports of web: 8080:80 → 8081:80" in verdict.sentence
    assert verdict.mend.startswith("Say it in README.md on the branch")
    assert "--docs-reason" in verdict.mend


@pytest.mark.parametrize("path", ["README.md", "docs/ports.md", "docs/a/b.rst", "app/README"])
def test_a_touched_document_passes(tmp_path: Path, path: str) -> None:
    assert judge("documentation", web(tmp_path, {"compose.yaml": NEW_PORT, path: "Port 8081.\n"})).state == "pass"


def test_a_deleted_document_does_not_count(tmp_path: Path) -> None:
    assert judge("documentation", web(tmp_path, {"compose.yaml": NEW_PORT, "README.md": None})).state == "fail"


def test_a_reason_passes_and_is_told(tmp_path: Path) -> None:
    verdict = judge("documentation", web(tmp_path, {"compose.yaml": NEW_PORT}, docs_reason="The port is internal."))
    assert (verdict.state, verdict.sentence) == ("pass", "No document had to change: The port is internal.")
    assert judge("documentation", web(tmp_path / "x", {"compose.yaml": NEW_PORT}, docs_reason=" … ")).state == "fail"


def test_a_first_compose_file_wants_a_document(tmp_path: Path) -> None:
    assert judge("documentation", case(tmp_path, {}, {"compose.yaml": OLD})).state == "fail"


@pytest.mark.parametrize(
    ("compose", "line"), [(NEW_PORT, "README.md:3 still says 8080"), (NEW_IMAGE, "README.md:3 still says nginx:1.26")]
)
def test_an_express_item_fails_where_a_document_states_the_old_value(tmp_path: Path, compose: str, line: str) -> None:
    verdict = judge("documentation", web(tmp_path, {"compose.yaml": compose}, is_express=True))
    assert (verdict.state, verdict.evidence[0]) == ("fail", line)


@pytest.mark.parametrize(
    "readme",
    [
        "# Web\n\nRuns nginx on a port.\n",
        "18080, 8080x, v8080, 1.8080, 8080-1",
        "nginx:1.26.3, nginx:1.26-alpine, other/nginx:1.26, my-nginx:1.26",
    ],
)
def test_an_express_item_passes_where_no_document_states_it(tmp_path: Path, readme: str) -> None:
    both = NEW_PORT.replace("1.26", "1.27")
    assert judge("documentation", web(tmp_path, {"compose.yaml": both}, readme=readme, is_express=True)).state == "pass"


@pytest.mark.parametrize("readme", ["`8080`", "10.0.0.2:8080/x", "8080:80", "port 8080.", "(8080)", "use nginx:1.26."])
def test_an_old_value_is_seen_in_any_sentence(tmp_path: Path, readme: str) -> None:
    both = NEW_PORT.replace("1.26", "1.27")
    assert judge("documentation", web(tmp_path, {"compose.yaml": both}, readme=readme, is_express=True)).state == "fail"


SAME = OLD.replace("8080:80", "8000:8000")


@pytest.mark.parametrize(
    ("readme", "value"),
    [
        ("      - '8000:8000'", "8000:8000"),
        ("127.0.0.1:8000:8000", "127.0.0.1:8000"),
        ("0.0.0.0:8000->8000/tcp", "0.0.0.0:8000"),
        ("[::]:8000->8000/tcp", ":8000->"),
        ("open http://localhost:8000", "localhost:8000"),
        ("http://127.0.0.1:8000/admin", "127.0.0.1:8000"),
    ],
)
@pytest.mark.parametrize("after", ["8001:8000", "127.0.0.1:8001:8000", "${PORT:-8001}:8000"])
def test_an_old_port_of_the_host_is_seen_where_its_number_stays_in_the_container(
    tmp_path: Path, readme: str, value: str, after: str
) -> None:
    moved: Files = {"compose.yaml": SAME.replace("8000:8000", after)}
    verdict = judge("documentation", web(tmp_path, moved, before=SAME, readme=readme, is_express=True))
    assert (verdict.state, verdict.evidence[0]) == ("fail", f"README.md:1 still says {value}")


@pytest.mark.parametrize(
    "readme", ["It listens on 8000 in the container.", "8001:8000", "0.0.0.0:8001->8000/tcp", "web:8000", "x8000:8000"]
)
def test_the_port_in_the_container_that_stays_is_not_stale(tmp_path: Path, readme: str) -> None:
    moved: Files = {"compose.yaml": SAME.replace("8000:8000", "8001:8000")}
    judged = web(tmp_path, moved, before=SAME, readme=readme, is_express=True)
    assert judge("documentation", judged).state == "pass"


def test_a_changed_port_is_seen_before_an_arrow(tmp_path: Path) -> None:
    judged = web(tmp_path, {"compose.yaml": NEW_PORT}, readme="0.0.0.0:8080->80/tcp", is_express=True)
    assert judge("documentation", judged).evidence[0] == "README.md:1 still says 8080"


def test_an_express_item_that_touches_the_document_passes_though_another_is_stale(tmp_path: Path) -> None:
    after: Files = {"compose.yaml": NEW_PORT, "README.md": README.replace("8080", "8081")}
    assert judge("documentation", web(tmp_path / "a", after, is_express=True)).state == "pass"
    stale: Files = {"compose.yaml": OLD, "README.md": README, "docs/use.md": "a\nb\n8080\n"}
    verdict = judge("documentation", case(tmp_path / "b", stale, after, is_express=True))
    assert (verdict.state, verdict.evidence[0]) == ("fail", "docs/use.md:3 still says 8080")
    assert judge("documentation", case(tmp_path / "c", stale, after)).state == "pass"


def test_a_port_that_stays_elsewhere_is_not_stale(tmp_path: Path) -> None:
    both = OLD + "  api:\n    image: api:2\n    ports: ['9090:80']\n"
    verdict = judge(
        "documentation", web(tmp_path, {"compose.yaml": both}, readme="Ports 8080 and 80.", is_express=True)
    )
    assert verdict.state == "pass"


def test_facts_of_an_included_file_count(tmp_path: Path) -> None:
    before: Files = {"compose.yaml": "include: [web/c.yaml]\n", "web/c.yaml": OLD}
    assert judge("documentation", case(tmp_path, before, {"web/c.yaml": NEW_PORT})).state == "fail"


def test_facts_that_main_changed_meanwhile_are_not_the_branch_s(tmp_path: Path) -> None:
    repository = repository_at(tmp_path)
    first = commit(repository, {"compose.yaml": OLD})
    main = commit(repository, {"compose.yaml": NEW_PORT}, first)
    head = commit(repository, {"src/app.py": "x"}, first)
    assert judge("documentation", case_of(repository, main, head)).sentence == "No derived fact changed."


def test_a_name_that_is_no_utf_8_does_no_harm(tmp_path: Path) -> None:
    judged = web(tmp_path, {"compose.yaml": NEW_PORT, "docs/gr\u00fc\u00dfe\u202e.md": "x"})
    assert judge("documentation", judged).evidence[-2] == "docs/grüße⟨U+202E⟩.md"


@pytest.mark.parametrize("path", ["README.md", "readme", "README.rst", "docs/a.txt", "a/b/notes.md", "a/README.txt"])
def test_is_a_document(path: str) -> None:
    assert is_document(path)


@pytest.mark.parametrize(
    "path",
    [
        "CHANGES.md",
        "CHANGELOG.md",
        "changes.d/42.md",
        ".calcifer/work/1.md",
        "LICENSE",
        "docs/a.png",
        "a.txt",
        "readme.py",
    ],
)
def test_is_no_document(path: str) -> None:
    assert not is_document(path)
