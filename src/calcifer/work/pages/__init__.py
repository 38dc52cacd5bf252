"""Work for people: `/work`; lists and items, their lines, their branch, the express lane."""

from calcifer.work.pages import branch, elsewhere, express, items, lines, reach
from calcifer.work.pages.routes import router

__all__ = ["branch", "elsewhere", "express", "items", "lines", "reach", "router"]
