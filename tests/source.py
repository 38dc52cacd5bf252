"""Reads the source for the convention tests: files, imports, handlers, verbs. Nothing is imported, all is parsed."""

import ast
import re
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parents[1]
PACKAGE = ROOT / "src" / "calcifer"
NO_DOMAIN = {"kit", "migrations"}
READS = {"get", "head"}
WRITES = {"post", "put", "patch", "delete"}
ROUTES = READS | WRITES | {"route", "api_route", "websocket"}
OURS = {"Pages": "/", "Api": "/api/v1/"}  # routers that are told the domain instead of the prefix
COMMANDS = {"command", "callback"}


@dataclass(frozen=True)
class Handler:
    """A function that a route or a command calls."""

    function: ast.FunctionDef | ast.AsyncFunctionDef
    kind: str  # post, get, command, …
    path: str  # with the router's prefix; a command's name

    @property
    def verb(self) -> str:
        """The last word of the URL, spelled as a Python name."""
        return self.path.rstrip("/").rpartition("/")[2].replace("-", "_")

    @property
    def body_lines(self) -> int:
        """Lines from the first statement after the docstring to the last."""
        body = self.function.body[1:] if ast.get_docstring(self.function) else self.function.body
        return (body[-1].end_lineno or 0) - body[0].lineno + 1 if body else 0


@cache
def files() -> list[Path]:
    """Every file that is, or would be, committed."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    paths = (ROOT / name for name in listed.split("\0") if name)
    return sorted({path for path in paths if path.is_file()})


def python_files(folder: Path = ROOT) -> list[Path]:
    """The Python files below a folder."""
    return [path for path in files() if path.suffix == ".py" and path.is_relative_to(folder)]


def templates() -> list[Path]:
    """The pages' templates."""
    return [path for path in files() if "templates" in path.parts and path.suffix in {".html", ".svg", ".jinja"}]


def name_of(path: Path) -> str:
    """The path as a message shows it."""
    return path.relative_to(ROOT).as_posix() if path.is_relative_to(ROOT) else path.name


@cache
def tree(path: Path) -> ast.Module:
    """The parsed file."""
    return ast.parse(path.read_text(encoding="utf-8"), str(path))


def imports(module: ast.Module) -> set[str]:
    """The dotted names that a module imports, wherever in it."""
    found = set()
    for node in ast.walk(module):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found |= {f"{node.module}.{alias.name}" for alias in node.names}
    return found


def calls(module: ast.Module) -> Iterator[tuple[str, ast.Call]]:
    """Every call with what is called as it is written: `uow.session.commit`."""
    for node in ast.walk(module):
        if isinstance(node, ast.Call):
            yield ast.unparse(node.func), node


def functions(module: ast.Module) -> list[ast.FunctionDef | ast.AsyncFunctionDef]:
    """Every function and method."""
    return [node for node in ast.walk(module) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)]


def handlers(module: ast.Module, shared: dict[str, str] | None = None) -> list[Handler]:
    """The functions that routes and commands call, one entry a decorator; `shared` routers come from a module beside it."""
    prefixes = (shared or {}) | router_prefixes(module)
    found = []
    for function in functions(module):
        for decorator in function.decorator_list:
            if not (isinstance(decorator, ast.Call) and isinstance(decorator.func, ast.Attribute)):
                continue
            kind, router = decorator.func.attr, ast.unparse(decorator.func.value)
            if kind in ROUTES and first_text(decorator) is not None:
                found.append(Handler(function, kind, prefixes.get(router, "") + (first_text(decorator) or "")))
            elif kind in COMMANDS:
                found.append(Handler(function, kind, first_text(decorator) or function.name.rstrip("_")))
    return found


def router_prefixes(module: ast.Module) -> dict[str, str]:
    """The `prefix` of each router, by the name of the variable."""
    prefixes: dict[str, str] = {}
    for node in ast.walk(module):
        if isinstance(node, ast.Assign) and isinstance(node.value, ast.Call):
            if ast.unparse(node.value.func) in OURS:
                below = OURS[ast.unparse(node.value.func)] + (first_text(node.value) or "")
                prefixes |= {ast.unparse(target): below for target in node.targets}
            for keyword in node.value.keywords:
                if keyword.arg == "prefix" and isinstance(keyword.value, ast.Constant):
                    prefixes |= {ast.unparse(target): str(keyword.value.value) for target in node.targets}
    return prefixes


def first_text(call: ast.Call) -> str | None:
    """The first argument of a call, where that is a text."""
    if call.args and isinstance(call.args[0], ast.Constant) and isinstance(call.args[0].value, str):
        return call.args[0].value
    return None


def domains() -> list[str]:
    """The packages that a user can name."""
    return [path.parent.name for path in sorted(PACKAGE.glob("*/__init__.py")) if path.parent.name not in NO_DOMAIN]


def part(domain: str, name: str) -> list[Path]:
    """The files of one part of a domain: `pages.py`, or the folder `pages/` where it outgrew that."""
    home = PACKAGE / domain
    return [home / f"{name}.py"] if (home / f"{name}.py").is_file() else sorted((home / name).glob("**/*.py"))


def handlers_of(domain: str, name: str) -> list[Handler]:
    """The handlers of one edge of a domain."""
    modules = [tree(path) for path in part(domain, name)]
    shared = {router: prefix for module in modules for router, prefix in router_prefixes(module).items()}
    return [handler for module in modules for handler in handlers(module, shared)]


def names_in(domain: str, name: str) -> set[str]:
    """What can be said as `service.x`: functions, and what the package or module takes from elsewhere."""
    names = set()
    for path in part(domain, name):
        for node in tree(path).body:
            if isinstance(node, ast.FunctionDef):
                names.add(node.name)
            elif isinstance(node, ast.ImportFrom):
                names |= {alias.asname or alias.name for alias in node.names}
    return names


def texts_in(domain: str) -> set[str]:
    """Every text constant of a domain."""
    return {
        node.value
        for path in python_files(PACKAGE / domain)
        for node in ast.walk(tree(path))
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    }


def markup_only(template: str) -> str:
    """A template without its Jinja comments, expressions and statements: what the browser gets."""
    return re.sub(r"\{#.*?#\}|\{\{.*?\}\}|\{%.*?%\}", "", template, flags=re.DOTALL)
