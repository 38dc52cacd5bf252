"""What tests of requests share: a service whose origin lies on a forge, with an open request there."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.forge import Forge, Project, serving
from tests.work import factories

BODY = "The update broke the proxy.\r\n\r\n- pin it"
KINDS = ("gitea", "github", "gitlab")


@contextmanager
def forge_of(web: Path, root: Path, kind: str, *, is_private: bool = False) -> Iterator[tuple[Forge, Project, str]]:
    """Serve `web` as its own origin; give the forge, the project there and the head of its open request 12."""
    with serving(kind, root) as forge:
        factories.git(web, "switch", "-q", "-c", "try")
        (web / "docker-compose.yml").write_text(factories.COMPOSE.replace("1.25", "1.27"))
        factories.git(web, "commit", "-q", "-a", "-m", "Try it")
        head = factories.git(web, "rev-parse", "HEAD")
        project = forge.add("home/web", web, is_private=is_private)
        forge.request(project, 12, head, title="Pin \x1b[31mnginx", body=BODY)
        factories.git(root / "home" / "web.git", "update-ref", "-d", "refs/heads/try")
        factories.git(web, "switch", "-q", "main")
        factories.git(web, "branch", "-q", "-D", "try")
        factories.git(web, "reflog", "expire", "--expire=now", "--all")
        factories.git(web, "gc", "-q", "--prune=now")
        factories.git(web, "remote", "add", "origin", f"{forge.url}/home/web.git")
        yield forge, project, head
