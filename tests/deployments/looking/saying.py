"""What an engine says, for tests of looking at it."""

import json
from typing import Any

from calcifer.deployments.looking import judging
from calcifer.deployments.looking.reading import read

ROOT = "/opt/stacks"
DATA = {"Type": "bind", "Source": "/mnt/films", "Destination": "/f", "RW": True}
ANONYMOUS = {"Type": "volume", "Name": "a" * 64, "Destination": "/cache", "RW": True}
PLAIN = {"status": "running", "restart": "always", "check": ["CMD"], "ref": "nginx:1.27", "image": "sha256:1"}


def said(*containers: dict[str, Any], more: str = "") -> str:
    """What an engine with these containers says; each has what is not named here from PLAIN."""
    lines = [
        json.dumps(PLAIN | {"id": f"{number}", "name": f"/c{number}"} | one) for number, one in enumerate(containers)
    ]
    return (
        "time\t1000\nengine_version\t27\n"
        f"containers\t{len(lines)}\n" + "".join(f"container\t{line}\n" for line in lines) + f"{more}\nend\tok\n"
    )


def judged(text: str, **more: Any) -> dict[str, Any]:
    """What a look comes to."""
    seen = read(text.encode("utf-8", "surrogateescape"), "alpha")
    return judging.judge(seen, root=ROOT, adopting=lambda directory: f"calcifer adopt {directory}", **more)


def problems(text: str, **more: Any) -> dict[str, str]:
    """Kind to sentence, places and mend."""
    found = judged(text, **more)["problems"]
    return {one["kind"]: f"{one['weight']}: {one['sentence']} {one['where']} {one['mend']}" for one in found}
