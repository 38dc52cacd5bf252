"""A small honest forge on loopback: the APIs of Gitea, GitHub (Enterprise) and GitLab as far as they are asked, and git over HTTP.

Answers have the fields that the real ones have, pages and links as they make them, and what needs a token needs it. Repositories
are real ones, served by `git http-backend`.
"""

import base64
import json
import ssl
import subprocess
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

TOKEN = "glpat-0123456789abcdefSECRET"
Answer = tuple[int, dict[str, str], bytes]


@dataclass
class Project:
    """A repository of the forge, and what its API says about it."""

    path: str
    is_private: bool = False
    is_fork: bool = False
    is_archived: bool = False
    is_empty: bool = False
    requests: list[dict[str, Any]] = field(default_factory=list)
    more: dict[str, Any] = field(default_factory=dict)


@dataclass
class Forge:
    """What the forge has, and what it was asked: `asked` keeps path and Authorization of each request."""

    kind: str
    root: Path
    url: str = ""
    projects: list[Project] = field(default_factory=list)
    groups: set[str] = field(default_factory=lambda: {"home"})
    users: dict[str, int] = field(default_factory=lambda: {"ada": 7})
    own: str = "ada"
    """Whose token it is."""
    asked: list[tuple[str, str]] = field(default_factory=list)
    answers: dict[str, Answer] = field(default_factory=dict)
    """What begins with this path gets this answer."""
    has_links: bool = True
    wants_sign_in: bool = False
    below: str = ""
    """Where the forge lies below the address of its server."""

    def add(self, path: str, source: Path | None = None, **facts: Any) -> Project:
        """Take a repository in: a bare clone of `source`, or an empty one."""
        bare = self.root / f"{path}.git"
        bare.parent.mkdir(parents=True, exist_ok=True)
        made = ["clone", "-q", "--bare", str(source), str(bare)] if source else ["init", "-q", "--bare", str(bare)]
        subprocess.run(["git", *made], check=True, cwd=self.root)
        subprocess.run(["git", "config", "http.receivepack", "true"], check=True, cwd=bare)
        project = Project(path, is_empty=source is None, **facts)
        self.projects.append(project)
        return project

    def request(self, project: Project, number: int, head: str, **said: Any) -> None:
        """Keep a request with its head where forges of this kind keep it."""
        ref = f"refs/merge-requests/{number}/head" if self.kind == "gitlab" else f"refs/pull/{number}/head"
        subprocess.run(["git", "update-ref", ref, head], check=True, cwd=self.root / f"{project.path}.git")
        project.requests.append({"number": number, "title": "", "body": "", "author": "grace", "branch": "try"} | said)


class Handler(BaseHTTPRequestHandler):
    """Answers one request; the server it belongs to has the forge."""

    protocol_version = "HTTP/1.1"
    forge: Forge

    def log_message(self, *_: object) -> None:
        """Say nothing."""

    def do_GET(self) -> None:
        """Read a list or a repository."""
        self._answer(b"")

    def do_POST(self) -> None:
        """Fetch or push by git."""
        self._answer(self.rfile.read(int(self.headers.get("Content-Length") or 0)))

    def _answer(self, body: bytes) -> None:
        forge = self.forge
        given = self.headers.get("Authorization", "")
        forge.asked.append((self.path, given))
        for path, answer in forge.answers.items():
            if self.path.startswith(path):
                self._send(*answer)
                return
        parts = urlsplit(self.path)
        path = parts.path.removeprefix(forge.below)
        if not parts.path.startswith(forge.below):
            self._send(404, {}, b"not here")
        elif ".git/" in path:
            self._git(path, parts.query, body)
        else:
            self._send(*api(forge, path, {k: v[0] for k, v in parse_qs(parts.query).items()}, may(given)))

    def _git(self, path: str, query: str, body: bytes) -> None:
        name = path.partition(".git/")[0].strip("/")
        project = next((one for one in self.forge.projects if one.path == name), None)
        given = self.headers.get("Authorization", "")
        if project is None or (project.is_private and not may_git(given)):
            self._send(401, {"WWW-Authenticate": 'Basic realm="forge"'}, b"who?")
            return
        environment = {
            "PATH": "/usr/bin:/bin", "GIT_PROJECT_ROOT": str(self.forge.root), "GIT_HTTP_EXPORT_ALL": "1",
            "PATH_INFO": path, "QUERY_STRING": query, "REQUEST_METHOD": self.command, "REMOTE_USER": "git",
            "CONTENT_TYPE": self.headers.get("Content-Type", ""), "CONTENT_LENGTH": str(len(body)),
            "HTTP_CONTENT_ENCODING": self.headers.get("Content-Encoding", ""),
            "GIT_PROTOCOL": self.headers.get("Git-Protocol", ""),
            "GIT_CONFIG_COUNT": "1", "GIT_CONFIG_KEY_0": "safe.directory", "GIT_CONFIG_VALUE_0": "*",
        }  # fmt: skip
        done = subprocess.run(["git", "http-backend"], input=body, env=environment, capture_output=True, check=True)
        head, _, content = done.stdout.partition(b"\r\n\r\n")
        headers = dict(line.split(": ", 1) for line in head.decode().splitlines())
        self._send(int(headers.pop("Status", "200 OK").split()[0]), headers, content)

    def _send(self, code: int, headers: dict[str, str], body: bytes) -> None:
        self.send_response(code)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


def may(given: str) -> str | None:
    """Say who asks an API by its Authorization: the token's owner, or nobody (""); None where the token is wrong."""
    if not given:
        return ""
    return "owner" if given in {f"Bearer {TOKEN}", f"token {TOKEN}"} else None


def may_git(given: str) -> bool:
    """Whether git's Authorization is right: the token is the password, with any name."""
    if not given.startswith("Basic "):
        return False
    user, _, password = base64.b64decode(given[6:]).decode().partition(":")
    return bool(user) and password == TOKEN


def answered(value: Any, code: int = 200, headers: dict[str, str] | None = None) -> Answer:
    """Make an answer of JSON."""
    return code, {"Content-Type": "application/json"} | (headers or {}), json.dumps(value).encode()


def api(forge: Forge, path: str, query: dict[str, str], who: str | None) -> Answer:
    """Answer as the API of its kind does."""
    if who is None:
        return answered({"message": "401 Unauthorized"}, 401)
    prefix = {"gitea": "/api/v1", "github": "/api/v3", "gitlab": "/api/v4"}[forge.kind]
    if not path.startswith(prefix):
        return 404, {"Content-Type": "text/html"}, b"<h1>Not found</h1>"
    if forge.wants_sign_in and not who:
        return answered({"message": "Only signed in user is allowed to call APIs."}, 403)
    found = ANSWERS[forge.kind](forge, unquote(path.removeprefix(prefix)), query, who)
    if found is None:
        return answered({"message": "404 Not Found"}, 404)
    return found if isinstance(found, tuple) else paged(forge, f"{forge.url}{path}", query, found)


def paged(forge: Forge, url: str, query: dict[str, str], found: Any) -> Answer:
    """Give a page of a list, with the link to the next one."""
    if not isinstance(found, list):
        return answered(found)
    asked = query.get("limit" if forge.kind == "gitea" else "per_page", "30")
    size, number = min(int(asked), 50 if forge.kind == "gitea" else 100), int(query.get("page", "1"))
    shown = found[(number - 1) * size : number * size]
    headers = {}
    if forge.has_links and number * size < len(found):
        more = "&".join(f"{key}={value}" for key, value in (query | {"page": str(number + 1)}).items())
        headers["Link"] = f'<{url}?{more}>; rel="next", <{url}?page=99>; rel="last"'
    return answered(shown, headers=headers)


def gitea(forge: Forge, path: str, query: dict[str, str], who: str) -> Any:
    """Gitea and Forgejo: /api/v1."""
    match path.strip("/").split("/"):
        case ["version"]:
            return {"version": "1.24.6"}
        case ["orgs", name, "repos"] if name in forge.groups:
            return [as_gitea(forge, one) for one in seen(forge, name, who)]
        case ["users", name, "repos"] if name in forge.users:
            return [as_gitea(forge, one) for one in seen(forge, name, who)]
        case ["repos", owner, name, "pulls", *number]:
            return pulls(forge, f"{owner}/{name}", number, who)
    return None


def github(forge: Forge, path: str, query: dict[str, str], who: str) -> Any:  # noqa: PLR0911  (as many as there are)
    """GitHub: /api/v3 of an Enterprise Server."""
    match path.strip("/").split("/"):
        case ["meta"]:
            return {"verifiable_password_authentication": True, "installed_version": "3.17.0"}
        case ["user"]:
            return {"login": forge.own, "type": "User"} if who else answered({"message": "Requires auth"}, 401)
        case ["users", name] if name in forge.groups | forge.users.keys():
            return {"login": name, "type": "Organization" if name in forge.groups else "User"}
        case ["orgs", name, "repos"] if name in forge.groups:
            return [as_gitea(forge, one) for one in seen(forge, name, who)]
        case ["user", "repos"] if who:
            return [as_gitea(forge, one) for one in seen(forge, forge.own, who)]
        case ["users", name, "repos"] if name in forge.users:
            return [as_gitea(forge, one) for one in seen(forge, name, who="")]
        case ["repos", owner, name, "pulls", *number]:
            return pulls(forge, f"{owner}/{name}", number, who)
    return None


def gitlab(forge: Forge, path: str, query: dict[str, str], who: str) -> Any:
    """GitLab: /api/v4; paths of groups and projects are one part of the address, encoded."""
    if path == "/version":
        return {"version": "18.2.1", "revision": "0"} if who else answered({"message": "401 Unauthorized"}, 401)
    if path == "/users":
        known = forge.users.get(query.get("username", ""))
        return [{"id": known, "username": query["username"]}] if known else []
    for prefix, owner in [("/groups/", name) for name in forge.groups] + [
        ("/users/", str(n)) for n in forge.users.values()
    ]:
        if path == f"{prefix}{owner}/projects":
            name = next((user for user, number in forge.users.items() if str(number) == owner), owner)
            return [as_gitlab(forge, one) for one in seen(forge, name, who)]
    head, middle, number = path.partition("/merge_requests")
    project = next((one for one in forge.projects if head == f"/projects/{one.path}"), None)
    if not middle or project is None or (project.is_private and not who):
        return None
    made = [
        {
            "id": 1000 + one["number"], "iid": one["number"], "title": one["title"], "description": one["body"],
            "state": one.get("state", "opened"), "author": {"username": one["author"]}, "draft": False,
            "source_branch": one["branch"], "target_branch": "main", "sha": "0" * 40,
            "web_url": f"{forge.url}/{project.path}/-/merge_requests/{one['number']}",
        }
        for one in project.requests
    ]  # fmt: skip
    return next((one for one in made if number == f"/{one['iid']}"), None) if number else made


ANSWERS: dict[str, Callable[[Forge, str, dict[str, str], str], Any]] = {
    "gitea": gitea, "github": github, "gitlab": gitlab
}  # fmt: skip


def seen(forge: Forge, owner: str, who: str) -> list[Project]:
    """Return what of an owner may be seen."""
    return [one for one in forge.projects if one.path.startswith(f"{owner}/") and (who or not one.is_private)]


def pulls(forge: Forge, path: str, number: list[str], who: str) -> Any:
    """Pull requests as Gitea and GitHub show them."""
    project = next((one for one in forge.projects if one.path == path), None)
    if project is None or (project.is_private and not who):
        return None
    made = [
        {
            "number": one["number"], "title": one["title"], "body": one["body"], "state": one.get("state", "open"),
            "user": {"login": one["author"]}, "html_url": f"{forge.url}/{path}/pulls/{one['number']}",
            "head": {"ref": one["branch"], "sha": "0" * 40, "label": one["branch"]}, "base": {"ref": "main"},
        }
        for one in project.requests
    ]  # fmt: skip
    return next((one for one in made if str(one["number"]) == number[0]), None) if number else made


def as_gitea(forge: Forge, one: Project) -> dict[str, Any]:
    """A repository as Gitea and GitHub show it; GitHub does not say whether it is empty."""
    made = {
        "id": 1, "name": one.path.rpartition("/")[2], "full_name": one.path, "description": f"What {one.path} is for",
        "private": one.is_private, "fork": one.is_fork, "archived": one.is_archived, "size": 0 if one.is_empty else 24,
        "clone_url": f"http://localhost:3000/{one.path}.git", "ssh_url": f"git@127.0.0.1:{one.path}.git",
        "default_branch": "main", "has_wiki": True,
    }  # fmt: skip
    return (
        made | ({"empty": one.is_empty, "mirror": False} if forge.kind == "gitea" else {"mirror_url": None}) | one.more
    )


def as_gitlab(forge: Forge, one: Project) -> dict[str, Any]:
    """A project as GitLab shows it."""
    made: dict[str, Any] = {
        "id": 4, "path": one.path.rpartition("/")[2], "path_with_namespace": one.path, "name": "Any Name",
        "description": None, "visibility": "private" if one.is_private else "public", "archived": one.is_archived,
        "empty_repo": one.is_empty, "default_branch": "main", "http_url_to_repo": f"{forge.url}/{one.path}.git",
        "ssh_url_to_repo": f"git@127.0.0.1:{one.path}.git", "wiki_enabled": True,
    }  # fmt: skip
    return made | ({"forked_from_project": {"id": 9}} if one.is_fork else {}) | one.more


class Server(ThreadingHTTPServer):
    """A server to which clients that hang up are nothing to talk of."""

    daemon_threads = True

    def handle_error(self, *_: object) -> None:
        """Say nothing."""


@contextmanager
def serving(kind: str, root: Path, certificate: Path | None = None) -> Iterator[Forge]:
    """Serve a forge of this kind on loopback; by https where there is a `certificate`, a file with its key."""
    root.mkdir(parents=True, exist_ok=True)
    forge = Forge(kind, root)
    handler = type("Handler", (Handler,), {"forge": forge})
    server = Server(("127.0.0.1", 0), handler)
    forge.url = f"http://127.0.0.1:{server.server_port}"
    if certificate:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate)
        server.socket = context.wrap_socket(server.socket, server_side=True)
        forge.url = forge.url.replace("http:", "https:")
    thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    try:
        yield forge
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
