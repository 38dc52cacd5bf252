"""Services for people: `/services`; the list, and of each service what it is, its history, files and documents."""

from calcifer.services.pages import adopting, arriving, catalog, contents, documentation, scanning
from calcifer.services.pages.routes import router

__all__ = ["adopting", "arriving", "catalog", "contents", "documentation", "router", "scanning"]
