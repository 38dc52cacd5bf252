"""The router that the API of services shares, and the types of its parameters."""

from typing import Annotated

from fastapi import Path, Query

from calcifer.kit.web import Api

router = Api("services")
Name = Annotated[str, Path(max_length=100, examples=["web"])]
FilePath = Annotated[
    str, Query(max_length=1024, description="Left out: the top folder.", examples=["docker-compose.yml"])
]
Words = Annotated[str, Query(max_length=200, description="Words of name, title or description.")]
Text = Annotated[str, Query(max_length=200)]
Problems = Annotated[bool, Query(description="Only broken descriptors and missing repositories.")]
