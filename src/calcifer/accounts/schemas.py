"""What comes in and goes out: setup, sign-in, tokens."""

import re
from datetime import datetime
from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints

from calcifer.kit.git import signing
from calcifer.kit.schemas import Line, judged

_MAIL = re.compile(r"[^@\s<>()\[\],;:\\\"]+@[^@\s<>()\[\],;:\\\"]+")


def _mail(text: str) -> str:
    text = text.strip().lower()
    if not _MAIL.fullmatch(text) or not text.isprintable():
        message = "This is not a mail address."
        raise ValueError(message)
    return text


Name = Annotated[Line, judged(signing.checked_name)]
"""A name that git can sign with."""
Mail = Annotated[str, StringConstraints(max_length=320), AfterValidator(_mail)]
"""A mail address that git can sign with, in lower case."""
Password = Annotated[str, StringConstraints(max_length=1000)]


class NewOwner(BaseModel):
    """Who becomes the owner."""

    name: Name
    mail: Mail
    password: Password
    code: Annotated[str, StringConstraints(max_length=200)] = ""


class Credentials(BaseModel):
    """Who wants to sign in."""

    mail: Annotated[str, StringConstraints(max_length=320)]
    password: Password
    next: Annotated[str, StringConstraints(max_length=4000)] = "/"


class PasswordChange(BaseModel):
    """The old password and the new one."""

    old_password: Password
    password: Password


class PersonChanges(BaseModel):
    """What is to change about a person; what is left out stays."""

    name: Name | None = None
    mail: Mail | None = None


class OwnChanges(PersonChanges):
    """What is to change about whoever asks, who proves it with the present password."""

    old_password: Password


class PersonOut(BaseModel):
    """A person."""

    model_config = ConfigDict(from_attributes=True)

    name: str = Field(description="It signs commits.", examples=["Ada Lovelace"])
    mail: str = Field(description="It signs commits, and names who signs in.", examples=["ada@example.org"])
    role: str = Field(examples=["owner"])


class NewToken(BaseModel):
    """A token to be made."""

    name: Line = Field(description="What the token is for.", examples=["backup script"])


class TokenOut(BaseModel):
    """A token, without its secret."""

    model_config = ConfigDict(from_attributes=True)

    id: int
    name: str = Field(examples=["backup script"])
    created_at: datetime
    seen_at: datetime | None = Field(description="When it was last used, to the hour.")


class MadeToken(BaseModel):
    """A token that was just made; the secret is not shown again."""

    token: TokenOut
    secret: str = Field(examples=["calcifer_W0fMg…"])
