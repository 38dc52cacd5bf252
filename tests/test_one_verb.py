"""One verb everywhere: what a page can do, the API and the command line can do by the same word, and a test proves it.

`/work/12/complete` = `work/pages.py::complete` = `service.complete` = `POST /api/v1/work/12/complete` =
`calcifer work complete 12` = `tests/work/test_complete.py` = activity `work.complete`.
"""

import ast
from collections.abc import Iterator

import pytest

from tests import source
from tests.source import ROOT, Handler

# "domain.verb" → (what it goes without, why). The words: service, api, cli, test, activity, url.
EXEMPT: dict[str, tuple[set[str], str]] = {
    "accounts.setup": ({"api", "cli", "url"}, "before it there is no one whom API or CLI could act as"),
    "accounts.sign_in": ({"api", "cli", "url"}, "a session is the browser's; API and CLI have tokens"),
    "secrets.reveal": ({"cli"}, "`calcifer secrets show --reveal`: what is shown is masked without it"),
    "accounts.sign_out": ({"api", "cli", "url"}, "a session is the browser's; API and CLI have tokens"),
}


def verbs(domain: str) -> Iterator[tuple[Handler, str]]:
    """What the pages of a domain can change, by the last word of the URL."""
    for handler in source.handlers_of(domain, "pages"):
        if handler.kind in source.WRITES:
            yield handler, handler.verb


def without(domain: str, verb: str, part: str) -> bool:
    """Say whether a verb is excused from a part."""
    return part in EXEMPT.get(f"{domain}.{verb}", (set(), ""))[0]


@pytest.fixture(params=source.domains())
def domain(request: pytest.FixtureRequest) -> str:
    """Each domain in turn."""
    return str(request.param)


def test_page_handler_and_url_say_the_same_word(domain: str) -> None:
    other = [
        handler.path
        for handler, verb in verbs(domain)
        if handler.kind != "post" or handler.function.name.rstrip("_") != verb or not verb.isidentifier()
    ]
    assert not other


def test_url_starts_with_the_domain(domain: str) -> None:
    other = [
        handler.path
        for handler, verb in verbs(domain)
        if handler.path.split("/")[1] != domain and not without(domain, verb, "url")
    ]
    other += [
        handler.path
        for handler in source.handlers_of(domain, "api")
        if handler.path.split("/")[1:4] != ["api", "v1", domain]
    ]
    assert not other


def test_service_has_the_verb(domain: str) -> None:
    known = source.names_in(domain, "service")
    assert {verb for _, verb in verbs(domain) if not without(domain, verb, "service")} <= known


def test_api_has_the_verb(domain: str) -> None:
    known = {h.function.name.rstrip("_") for h in source.handlers_of(domain, "api") if h.kind in source.WRITES}
    assert {verb for _, verb in verbs(domain) if not without(domain, verb, "api")} <= known


def test_command_line_has_the_verb(domain: str) -> None:
    known = {h.verb for h in source.handlers_of(domain, "cli") if h.kind == "command"}
    assert {verb for _, verb in verbs(domain) if not without(domain, verb, "cli")} <= known


def test_verb_has_its_test_file(domain: str) -> None:
    known = {path.stem.removeprefix("test_") for path in (ROOT / "tests" / domain).glob("**/test_*.py")}
    assert {verb for _, verb in verbs(domain) if not without(domain, verb, "test")} <= known


def test_verb_is_recorded_by_its_name(domain: str) -> None:
    wanted = {f"{domain}.{verb}" for _, verb in verbs(domain) if not without(domain, verb, "activity")}
    assert wanted <= source.texts_in(domain)


# "domain.verb" → what its first line is instead, which asks the same.
ASKS_FIRST = {"services.adopt": "check(uow.actor, home, wish)"}


def test_verb_asks_first_whether_the_actor_may(domain: str) -> None:
    wanted = {verb for _, verb in verbs(domain) if f"{domain}.{verb}" not in EXEMPT}
    late = []
    for path in source.part(domain, "service"):
        for function in source.tree(path).body:
            if isinstance(function, ast.FunctionDef) and function.name in wanted:
                first = ast.unparse(function.body[1]) if ast.get_docstring(function) else ""
                name = f"{domain}.{function.name}"
                asks = first.removeprefix("permissions.").replace("require(actor,", "require(uow.actor,")
                if asks not in {f"require(uow.actor, '{name}')", ASKS_FIRST.get(name)}:
                    late.append(f"{name}: {first}")
    assert not late


def test_no_exemption_is_left_over() -> None:
    there = {f"{domain}.{verb}" for domain in source.domains() for _, verb in verbs(domain)}
    built = {domain for domain in source.domains() if source.part(domain, "pages")}
    assert {name for name in EXEMPT if name.split(".")[0] in built} <= there
