"""The only place that makes a page's answer: a rendered template, or the way to the next page."""

from typing import Any

from fastapi import Request
from fastapi.responses import HTMLResponse, RedirectResponse

from calcifer.kit.legible import legible
from calcifer.kit.web import flash
from calcifer.kit.web.forms import Form
from calcifer.kit.web.site import site_of


class Html(HTMLResponse):
    """A page, whatever a repository has put into it."""

    def render(self, content: Any) -> bytes:
        """Spell out what cannot be sent."""
        try:
            return bytes(super().render(content))
        except UnicodeEncodeError:
            return bytes(super().render(legible(content)))


def page(request: Request, template: str, *, status: int = 200, **context: Any) -> HTMLResponse:
    """Render `template` ("work/item.html" is `work/templates/item.html`).

    Besides `context`, templates see `request`, `form` (a Form), `actor`, `site`, `flash` (a sentence or None).
    """
    site = site_of(request)
    identity = request.state.identity
    form = getattr(request.state, "form", None) or Form((identity and identity.form_token) or "")
    said = flash.take(request)
    html = site.templates.get_template(template).render(
        request=request,
        form=form,
        actor=identity.actor if identity else None,
        site=site,
        flash=said,
        **context,
    )
    response = Html(html, status)
    if said is not None:
        response.delete_cookie(flash.COOKIE)
    return response


def to(
    request: Request, name: str, /, *, say: str | None = None, query: str = "", **parameters: object
) -> RedirectResponse:
    """Answer a form: go to the page `name` ("work.item") and show the sentence `say` there once."""
    response = RedirectResponse(site_of(request).path(name, **parameters) + (f"?{query}" if query else ""), 303)
    if say is not None:
        flash.put(request, response, say)
    return response
