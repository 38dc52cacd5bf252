"""The router that the pages of work share, and the types of their parameters."""

from typing import Annotated

from fastapi import Form, Path

from calcifer.kit.web import Pages
from calcifer.work.queries import MAX_NUMBER

router = Pages("work")
Number = Annotated[int, Path(ge=1, le=MAX_NUMBER)]
Field = Annotated[str, Form()]
