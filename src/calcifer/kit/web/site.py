"""The only place for what one application is made of: templates, static files, menu, the addresses of its pages."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from urllib.parse import quote, urlencode

from fastapi import FastAPI, Request
from jinja2 import Environment

from calcifer.kit.legible import legible
from calcifer.kit.web.icons import Icons
from calcifer.kit.web.static import StaticFiles

PARAMETER = re.compile(r"{(\w+)(?::(\w+))?}")


@dataclass(frozen=True)
class MenuEntry:
    """One line of the menu: the name of a page's route, what it is called, its icon (Lucide's name)."""

    name: str
    label: str
    icon: str


@dataclass
class Site:
    """What pages are made with; kept in `app.state.site`."""

    templates: Environment
    static: StaticFiles
    menu: list[tuple[MenuEntry, str]]
    _formats: dict[str, tuple[str, tuple[tuple[str, str], ...]]]

    @classmethod
    def of(cls, app: FastAPI, templates: Environment, static: StaticFiles, menu: Iterable[MenuEntry]) -> "Site":
        """Collect the addresses of every route of `app`; entries of the menu whose page is not there are left out."""
        formats = {
            route.name: _format(route.path) for route in app.routes if hasattr(route, "path") and hasattr(route, "name")
        }
        site = cls(templates, static, [], formats)
        site.menu = [(entry, site.path(entry.name)) for entry in menu if entry.name in formats]
        templates.globals["path"] = site.path
        templates.globals["has_page"] = site.knows
        templates.globals["static"] = static.path
        icons = Icons(static)
        templates.filters |= {"icon": icons.icon, "badge": icons.badge}
        app.state.site = site
        return site

    def knows(self, name: str) -> bool:
        """Say whether there is a page of this name."""
        return name in self._formats

    def path(self, name: str, /, **parameters: object) -> str:
        """Return the address of the page `name`; parameters that its path does not have become the query, None left out."""
        pattern, names = self._formats[name]
        values: dict[str, str] = {}
        for parameter, safe in names:
            value = parameters.pop(parameter)
            values[parameter] = str(value) if isinstance(value, int) else _quoted(str(value), safe)
        filled = pattern % values if names else pattern
        query = [(key, value) for key, value in parameters.items() if value is not None and value != ""]
        if not query:
            return filled
        if all(isinstance(value, str) for _, value in query):  # rows of a list: the same few values again and again
            return f"{filled}?{'&'.join(f'{key}={_quoted(str(value))}' for key, value in query)}"
        return f"{filled}?{urlencode(query, doseq=True, quote_via=quote)}"


@lru_cache(maxsize=4096)
def _quoted(value: str, safe: str = "/") -> str:
    return quote(legible(value), safe)


def _format(path: str) -> tuple[str, tuple[tuple[str, str], ...]]:
    # A `path` parameter keeps its slashes; every other one is quoted whole.
    names = tuple((name, "/" if kind == "path" else "") for name, kind in PARAMETER.findall(path))
    return PARAMETER.sub(r"%(\1)s", path.replace("%", "%%")), names


def site_of(request: Request) -> Site:
    """Return the site that answers `request`."""
    site: Site = request.app.state.site
    return site
