"""The only place that hands a token to git: for one host, for one command, by a variable of that command's environment.

Arguments are seen by everybody on the machine (`ps`), and `.git/config` and credential stores stay; the environment of a process
is read by its own user alone. The helpers that the person has set up are left out, for they would be told the token afterwards and
might keep it.
"""

from dataclasses import dataclass, field

VARIABLE = "GIT_LENT_TOKEN"
USER = "GIT_LENT_USER"
# Run by git through a shell; it says "get", "store" or "erase", and only the first is answered.
_HELPER = f'!f() {{ test "$1" = get && printf "username=%s\\npassword=%s\\n" "${USER}" "${VARIABLE}"; }}; f'


@dataclass(frozen=True)
class Credential:
    """A token, the name that goes with it, and the one place that may have it: scheme, host and port, as in `https://host:3000`."""

    place: str
    token: str = field(repr=False)
    user: str = "oauth2"


def handed_over(credential: Credential | None) -> tuple[tuple[str, ...], dict[str, str]]:
    """Return what comes before a git command, and its additional environment. No other host is told, wherever it is led to."""
    if credential is None:
        return (), {}
    options = (
        "-c",
        "credential.helper=",
        "-c",
        f"credential.{credential.place}.helper={_HELPER}",
        "-c",
        "http.followRedirects=false",
    )
    return options, {VARIABLE: credential.token, USER: credential.user}
