"""The only place that says who acts on the command line: whoever can read the workspace's files, under git's own name."""

from pathlib import Path

from calcifer.kit.errors import Invalid
from calcifer.kit.git import program, signing
from calcifer.kit.git.objects import Person
from calcifer.kit.uow import Actor


def local_actor(home: Path) -> Actor:
    """Return the owner by the name and mail address that git commits with in `home`; raises Invalid where these cannot sign."""
    found = {}
    for key in ("user.name", "user.email"):
        where = home if home.is_dir() else Path.cwd()
        found[key] = program.run("config", "--get", key, cwd=where, accept=(0, 1)).text.strip()
        if not found[key]:
            raise Invalid(
                f"git does not know who you are: it has no {key}, and a change is signed with it.",
                mend=f'git config --global {key} "{"Your Name" if key == "user.name" else "you@example.org"}"',
            )
    try:
        signing.signature(Person(found["user.name"], found["user.email"]))
    except Invalid as error:
        mend = 'git config --global user.name "Your Name" (and user.email)'
        raise Invalid(f"git's user.name and user.email are of no use: {error.message}", mend=mend) from None
    return Actor(found["user.name"], found["user.email"], "owner")
