"""A stand-in for `docker` that knows as much of compose as deployments ask for: what it runs is a file, `$ENGINE/containers`.

A compose file is JSON here, which YAML is as well. In it `x-exit: 3` lets a container exit with that, `x-health: unhealthy` says of
its health, and `x-fail: words` lets `up` fail.
"""

import hashlib
import json
import os
import sys
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

ENGINE = Path(os.environ.get("ENGINE", "/nowhere"))
STORE = ENGINE / "containers"
Containers = dict[str, dict[str, Any]]


def say(text: str) -> None:
    sys.stdout.write(f"{text}\n")


def load() -> Containers:
    """What runs, by service."""
    found: Containers = json.loads(STORE.read_text()) if STORE.exists() else {}
    return found


def digest(value: object) -> str:
    return hashlib.sha256(json.dumps(value, sort_keys=True).encode()).hexdigest()


def services() -> dict[str, Any]:
    """What the compose file here asks for."""
    found: dict[str, Any] = json.loads(Path("docker-compose.yml").read_text())["services"]
    return found


def start(one: dict[str, Any], asked: dict[str, Any]) -> None:
    code = asked.get("x-exit")
    one["started"] = datetime.now(UTC).isoformat().replace("+00:00", "Z")
    one |= {"status": "running" if code is None else "exited", "exit_code": code or 0}
    one["health"] = f" ({asked['x-health']})" if "x-health" in asked else ""


def up(project: str) -> None:
    """Make what is asked for, remove what is not."""
    there, asked = load(), services()
    for name, service in asked.items():
        if "x-fail" in service:
            sys.exit(f"Error response from daemon: {service['x-fail']}")
        one = there.get(name)
        if one is None or one["hash"] != digest(service):
            sources = [volume.partition(":")[0] for volume in service.get("volumes", ())]
            mounts = [{"Type": "bind", "Source": str((Path.cwd() / path).resolve())} for path in sources]
            own = {
                "id": os.urandom(32).hex(),
                "service": name,
                "hash": digest(service),
                "oneoff": "False",
                "mounts": mounts,
            }
            more = {
                "name": f"/{project}-{name}-1",
                "image": f"sha256:{digest(service['image'])}",
                "ref": service["image"],
            }
            one = there[name] = (
                own | more | {"restarts": 0, "policy": service.get("restart", "no"), "directory": str(Path.cwd())}
            )
            start(one, service)
        elif one["status"] != "running":
            start(one, service)
        say(f" Container {project}-{name}-1  Running")
    save({name: one for name, one in there.items() if name in asked})
    with (ENGINE / "ups").open("a") as file:
        file.write("up\n")


def save(containers: Containers) -> None:
    part = STORE.with_suffix(".part")
    part.write_text(json.dumps(containers))
    part.replace(STORE)


def compose(words: list[str]) -> None:
    project = words[words.index("-p") + 1] if "-p" in words else Path.cwd().name
    words = [word for word in words if word not in ("-p", project)]
    if words[0] == "up":
        up(project)
    elif words[0] in ("stop", "start", "restart"):
        operate(words[0], words[1:])
    elif words[0] == "logs":
        logs(words)
    elif "json" in words:
        say(json.dumps({"name": json.loads(Path("docker-compose.yml").read_text()).get("name", project)}, indent=2))
    elif "--hash" in words:
        say("\n".join(f"{name} {digest(service)}" for name, service in services().items()))


def operate(verb: str, names: list[str]) -> None:
    """Stop or start what is there; `$ENGINE/slow` makes it take a while."""
    if (ENGINE / "slow").exists():
        (ENGINE / "begun").touch()
        time.sleep(1)
    there = load()
    for name, one in there.items():
        if name in (names or there):
            start(one, services()[name])
            if verb == "stop":
                one |= {"status": "exited", "exit_code": 143}
    save(there)
    with (ENGINE / "operations").open("a") as file:
        file.write(f"{verb} {' '.join(names)}\n")


def logs(words: list[str]) -> None:
    """Say what `$ENGINE/log` has; with --follow a line for ever after."""
    text = (ENGINE / "log").read_text() if (ENGINE / "log").exists() else ""
    sys.stdout.write(text)
    sys.stdout.flush()
    (ENGINE / "asked").write_text(" ".join(words))
    if "--follow" in words:
        (ENGINE / "following").write_text(str(os.getpid()))
        while True:
            time.sleep(0.05)
            if (ENGINE / "more").exists():
                sys.stdout.write((ENGINE / "more").read_text())
                sys.stdout.flush()
                (ENGINE / "more").unlink()


def state(one: dict[str, Any]) -> str:
    said = f"Up 3 seconds{one['health']}" if one["status"] == "running" else f"Exited ({one['exit_code']})"
    return "\t".join([one["service"], one["name"][1:], one["status"], said, one["ref"], "80/tcp", ""])


def kept(words: list[str]) -> bool:
    """Do as if what keeps images had been done; say whether these words are about that."""
    match words:
        case ["tag", id_, ref]:
            with (ENGINE / "tags").open("a") as file:
                file.write(f"{ref} {id_}\n")
        case ["version"] | ["image", "ls", *_] | ["container" | "create" | "rm" | "rmi", *_]:
            pass
        case ["image", "inspect", *rest]:
            return len(rest) == 1 or "Volumes" in rest[1]
        case ["ps", *rest]:
            return any("calcifer.kept" in word for word in rest)
        case _:
            return False
    return True


def main(words: list[str]) -> None:
    if kept(words):
        return
    there = load()
    match words:
        case ["compose", *rest]:
            compose(rest)
        case ["ps", *rest] if "\t" in rest[-1]:
            sys.stdout.write("".join(f"{state(one)}\n" for one in there.values()))
        case ["ps", *rest]:
            with_status = "{{.ID}} {{.Status}}" in rest
            listed = [one["id"] + f" Up{one['health']}" * with_status for one in there.values()]
            sys.stdout.write("".join(f"{line}\n" for line in listed))
        case ["inspect", "--format", _, *ids]:
            say("\n".join(json.dumps(one, separators=(",", ":")) for one in there.values() if one["id"] in ids))
        case ["image", "inspect", _, _, *refs]:
            say("\n".join(f"sha256:{digest(ref)} []" for ref in refs))
        case ["restart", *ids]:
            for one in there.values():
                if one["id"] in ids:
                    one["started"] = datetime.now(UTC).isoformat().replace("+00:00", "Z")
            save(there)
        case _:
            sys.exit(f"engine: {words}")


if __name__ == "__main__":
    main(sys.argv[1:])
