"""The router that the pages of services share, and the types of their parameters."""

from typing import Annotated

from fastapi import Path, Query

from calcifer.kit.web import Pages

router = Pages("services")
Name = Annotated[str, Path(max_length=100)]
FilePath = Annotated[str, Query(alias="path", max_length=1024)]
Flag = Annotated[bool, Query()]
Text = Annotated[str, Query(max_length=200)]
