"""The documents of a service, rendered; what they link to stays among the pages of the service."""

from typing import Any

from fastapi import Request
from fastapi.responses import Response

from calcifer.kit.git.names import checked_path
from calcifer.kit.web import Reading
from calcifer.kit.web.markdown import document
from calcifer.kit.web.site import Site, site_of
from calcifer.services import contents
from calcifer.services.contents import Main
from calcifer.services.pages.routes import FilePath, Name, router
from calcifer.services.pages.tabs import tab
from calcifer.services.references import Reference, resolved


@router.get("/{name}/documentation")
def documentation(request: Request, uow: Reading, name: Name, path: FilePath = "") -> Response:
    """Show a document of main, README where none is named, beside the list of all."""
    if path:
        checked_path(path)

    def content(main: Main) -> dict[str, Any]:
        listed = contents.list_documents(main)
        opened = path or listed.opening
        shown = contents.get_file(main, opened) if opened else None
        return {"listed": listed, "file": shown, **rendered(shown, name, site_of(request))}

    return tab(request, uow, name, "documentation", content)


def rendered(file: contents.Shown | None, name: str, site: Site) -> dict[str, Any]:
    """Return the document as HTML and its front matter; None where it is no text in Markdown."""
    if file is None or file.kind != "text" or not contents.is_markdown(file.path):
        return {"html": None, "front": ""}

    def address(url: str, *, is_image: bool) -> str | None:
        found = resolved(file.path, url)
        return found if found is None or isinstance(found, str) else _address(site, name, found, is_image=is_image)

    front, text = contents.front_matter("\n".join(file.lines))
    return {"html": document(text, address), "front": front}


def _address(site: Site, name: str, to: Reference, *, is_image: bool) -> str:
    if is_image:
        return site.path("services.raw", name=name, path=to.path)
    page = "services.documentation" if contents.is_markdown(to.path) else "services.files"
    return site.path(page, name=name, path=to.path or None) + (f"#{to.fragment}" if to.fragment else "")
