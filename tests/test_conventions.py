"""The rules of the architecture that no linter knows. Each exception stands here, with its reason."""

import ast
import importlib.metadata
import re
import sys
import tomllib
from pathlib import Path

import pytest

from tests import source
from tests.source import PACKAGE, ROOT, name_of, python_files, templates, tree

FORBIDDEN_NAMES = {"utils", "util", "helpers", "helper", "common", "core", "manager", "managers", "misc"}

# What → the only places that may import it (paths below src/calcifer).
ONLY_IN = {
    "pygit2": {"kit/git"},
    "subprocess": {"kit/git", "kit/commands.py", "kit/ssh/"},
    "urllib.request": {"kit/asking.py", "kit/guarded.py"},
    "os.system": set[str](),
    "os.popen": set[str](),
    "sqlite3": {"kit/db.py"},
    "dbos": {"kit/durable.py"},
    "unittest.mock": set[str](),
}

# Packages that come with a dependency as part of its interface, and are no dependency of their own.
COMES_WITH = {"starlette": "fastapi", "pydantic_core": "pydantic", "click": "typer", "markupsafe": "jinja2"}

# One place of each is enough; a session or a connection by any of these names.
SESSIONS = {"session", "db", "connection", "conn", "transaction", "uow"}

# Handlers that may be `async def`: streams and probes. "file: function" → why.
ASYNC_HANDLERS: dict[str, str] = {}

# Commands that print nothing for programs. "file: function" → why.
WITHOUT_JSON = {"cli.py: serve": "it runs until it is ended, and its output is the log"}

INLINE = {
    "a style element": r"<style\b",
    "a style attribute": r"<[a-z][^<>]*\sstyle\s*=",
    "a script in the page": r"<script\b(?![^>]*\ssrc\s*=)",
    "an event attribute": r"<[a-z][^<>]*\s(?:on[a-z]+|hx-on[\w:.-]*)\s*=",
    "a javascript: link": r"javascript:",
}

# Spelled so that this file does not contain them.
ADDRESSES = re.compile(
    r"pypi\.org|python[h]osted|registry\.(?:npmjs|yarnpkg)|np[m]mirror|un[p]kg\.com|js[d]elivr|cdn[j]s|esm\.(?:sh|run)|"
    r"fonts\.(?:googleapis|gstatic)|//cdn\.",
    re.IGNORECASE,
)


def places(path: Path) -> str:
    """The path below the package."""
    return path.relative_to(PACKAGE).as_posix()


def is_in(path: Path, allowed: set[str]) -> bool:
    """Say whether a file is, or lies in, one of the places."""
    return any(path == PACKAGE / place or path.is_relative_to(PACKAGE / place) for place in allowed)


def test_no_file_is_over_400_lines() -> None:
    written = [path for path in source.files() if path.suffix in {".py", ".html", ".css", ".js"}]
    long = {name_of(path): count for path in written if (count := len(path.read_bytes().splitlines())) > 400}
    assert not long


def test_no_handler_is_over_15_lines() -> None:
    long = {
        f"{name_of(path)}: {handler.function.name}": handler.body_lines
        for path in python_files(PACKAGE)
        for handler in source.handlers(tree(path))
        if handler.body_lines > 15
    }
    assert not long


def test_handlers_run_in_the_thread_pool() -> None:
    found = {
        f"{places(path)}: {handler.function.name}"
        for path in python_files(PACKAGE)
        for handler in source.handlers(tree(path))
        if isinstance(handler.function, ast.AsyncFunctionDef) and handler.kind not in source.COMMANDS
    }
    assert found == set(ASYNC_HANDLERS)


def test_every_command_prints_json_where_asked() -> None:
    found = {
        f"{places(path)}: {handler.function.name}"
        for path in python_files(PACKAGE)
        for handler in source.handlers(tree(path))
        if handler.kind == "command"
        if not any(
            arg.annotation and ast.unparse(arg.annotation) in {"Json", "terminal.Json"}
            for arg in handler.function.args.args
        )
    }
    assert found == set(WITHOUT_JSON)


def test_no_module_is_called_after_nothing() -> None:
    named = [name_of(path) for path in source.files() if FORBIDDEN_NAMES & {path.stem, *path.relative_to(ROOT).parts}]
    assert not named


def test_every_module_says_what_it_is_for() -> None:
    silent = [
        name_of(path)
        for path in python_files()
        if not ast.get_docstring(tree(path)) and (path.stat().st_size or path.is_relative_to(PACKAGE))
    ]
    assert not silent


@pytest.mark.parametrize("what", ONLY_IN)
def test_is_used_in_its_one_place(what: str) -> None:
    users = [
        name_of(path)
        for path in (python_files() if what == "unittest.mock" else python_files(PACKAGE))
        if any(f"{name}.".startswith(f"{what}.") for name in source.imports(tree(path)) | dotted_uses(path, what))
        and not is_in(path, ONLY_IN[what])
    ]
    assert not users


def dotted_uses(path: Path, what: str) -> set[str]:
    """Calls of `what` by its dotted name (`os.system` after `import os`)."""
    return {called for called, _ in source.calls(tree(path)) if called == what}


def test_only_kit_commits() -> None:
    commits = [
        f"{name_of(path)}:{call.lineno}"
        for path in python_files(PACKAGE)
        if not is_in(path, {"kit", "migrations"})
        for called, call in source.calls(tree(path))
        if called.rpartition(".")[2] in {"commit", "rollback"} and called.split(".")[-2].lstrip("_") in SESSIONS
    ]
    assert not commits


def test_every_select_is_a_query() -> None:
    found = {
        places(path)
        for path in python_files(PACKAGE)
        if not is_in(path, {"kit", "migrations"}) and path.stem != "queries" and path.parent.stem != "queries"
        if any(called in {"select", "sqlalchemy.select"} for called, _ in source.calls(tree(path)))
    }
    assert found == set()


def test_what_is_imported_is_a_dependency() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    declared = {normalised(re.split(r"[\[<>=! ]", line)[0]) for line in project["dependencies"]}
    provided = importlib.metadata.packages_distributions()
    unknown = {}
    for path in python_files(PACKAGE):
        for module in {name.split(".")[0] for name in source.imports(tree(path))} - {"calcifer"}:
            packages = {normalised(name) for name in provided.get(module, [module])}
            if module not in sys.stdlib_module_names and not (packages | {COMES_WITH.get(module)}) & declared:
                unknown[module] = name_of(path)
    assert not unknown


def test_every_dependency_has_a_line_in_the_decision() -> None:
    page = (ROOT / "docs" / "decisions" / "0001-dependencies.md").read_text(encoding="utf-8")
    first_cells = " ".join(re.findall(r"^\| ([^|]+) \|", page, re.MULTILINE))
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    lines = project["dependencies"] + project["optional-dependencies"]["dev"]
    named = {normalised(name.removesuffix("-*")) for name in re.findall(r"[\w.-]+\*?", first_cells)}
    missing = {
        name
        for name in (normalised(re.split(r"[\[<>=! ]", line)[0]) for line in lines)
        if name not in named and name.split("-")[0] not in named & {"types"}
    }
    assert not missing


def normalised(name: str) -> str:
    """A package's name as packages are compared."""
    return re.sub(r"[-_.]+", "-", name).lower()


def test_no_address_of_a_registry_or_a_cdn() -> None:
    found = []
    for path in source.files():
        content = path.read_bytes()
        if b"\0" not in content and (match := ADDRESSES.search(content.decode(errors="replace"))):
            found.append(f"{name_of(path)}: {match[0]}")
    assert not found


@pytest.mark.parametrize("what", INLINE)
def test_no_template_has(what: str) -> None:
    pattern = re.compile(INLINE[what], re.IGNORECASE)
    found = [name_of(path) for path in templates() if pattern.search(source.markup_only(path.read_text("utf-8")))]
    assert not found


def test_no_template_turns_escaping_off() -> None:
    pattern = re.compile(r"\|\s*safe\b|autoescape\s+false")
    assert not [name_of(path) for path in templates() if pattern.search(path.read_text("utf-8"))]


def test_every_icon_that_a_template_shows_is_in_the_sprite() -> None:
    names = next(
        ast.literal_eval(node.value.func.value)
        for node in tree(ROOT / "hatch_build.py").body
        if isinstance(node, ast.Assign)
        and ast.unparse(node.targets[0]) == "ICONS"
        and isinstance(node.value, ast.Call)
        and isinstance(node.value.func, ast.Attribute)
    ).split()
    shown = {
        (name_of(path), name)
        for path in templates()
        for name in re.findall(r"""\bicon\(\s*["']([\w-]+)|icons\.svg#([\w-]+)""", path.read_text("utf-8"))
        for name in name
        if name
    }
    assert {(page, name) for page, name in shown if name not in names} == set()


def test_the_patterns_find_what_they_are_for() -> None:
    bad = '<style>a{}</style><p class="x" style="a:b" onclick="f()"><a hx-on:click="g()"></a><script>1</script>'
    assert [what for what, pattern in INLINE.items() if re.search(pattern, bad)] == list(INLINE)[:-1]
    good = '<p data-style="x" class="only"><script type="module" src="/static/a.js"></script>{{ x if a < b }}'
    assert [what for what, pattern in INLINE.items() if re.search(pattern, source.markup_only(good))] == []
    assert ADDRESSES.search("https://" + "un" + "pkg.com/x")
    code = '@router.post("/{number}/complete")\ndef complete() -> None:\n    """Say."""\n    a()\n\n    b()\n'
    (handler,) = source.handlers(ast.parse('router = APIRouter(prefix="/work")\n' + code))
    assert (handler.path, handler.verb, handler.body_lines) == ("/work/{number}/complete", "complete", 3)
    (handler,) = source.handlers(ast.parse('router = Pages("work")\n' + code))
    assert handler.path == "/work/{number}/complete"
    assert source.imports(ast.parse("import a.b\nfrom unittest import mock")) == {"a.b", "unittest.mock"}
