"""The only place that knows how a page or an API call is answered: routers, forms, gate, errors, templates, static files.

Words: a *page* is HTML for a person (`Pages`), a *call* is JSON for a program (`Api`); an *identity* is who sent the request and
the form token that proves that a form came from us; a *flash* is the sentence that the next page shows once; `site` holds what one
application is made of. kit knows no domain: who may sign in, the menu and the templates are handed in by `calcifer.app`.
"""

from calcifer.kit.web.answers import page, to
from calcifer.kit.web.etags import check_if_match, etag
from calcifer.kit.web.forms import Form
from calcifer.kit.web.gate import Identity
from calcifer.kit.web.paging import Id, Listing, Paging, paged
from calcifer.kit.web.routers import Api, Pages
from calcifer.kit.web.site import MenuEntry, Site
from calcifer.kit.web.units import Reading, Writing

__all__ = [
    "Api",
    "Form",
    "Id",
    "Identity",
    "Listing",
    "MenuEntry",
    "Pages",
    "Paging",
    "Reading",
    "Site",
    "Writing",
    "check_if_match",
    "etag",
    "page",
    "paged",
    "to",
]
