"""Work for people: `/work`; lists and items, their lines, their branch, the express lane."""

from calcifer.work.pages import branch, express, items, lines
from calcifer.work.pages.routes import router

__all__ = ["branch", "express", "items", "lines", "router"]
