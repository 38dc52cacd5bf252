"""Repositories for the tests of history: made by `git fast-import`, read by `git log`."""

import subprocess
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

from calcifer.kit.git.history import Parts, Source, Trace, Written, parts, trace_all, write

Files = dict[str, bytes]
WEB = parts({"web": ""})


@dataclass
class Story:
    """Commits, each with all of its files, its parents by number, and what it says."""

    commits: list[tuple[Files, list[int]]] = field(default_factory=list)
    tags: list[str] = field(default_factory=list)

    def commit(self, files: Files, *parents: int) -> int:
        """Add a commit; return its number."""
        self.commits.append((dict(files), list(parents)))
        return len(self.commits) - 1

    def write(self, path: Path, main: int | None = None) -> Path:
        """Make the repository; its branch main is at the commit `main`, else at the last one."""
        subprocess.run(["git", "init", "-q", "-b", "main", str(path)], check=True)
        out = bytearray()
        for number, (files, parents) in enumerate(self.commits):
            said = f"Commit {number}\n".encode()
            who = f"Ada <ada@example.org> {1_600_000_000 + number * 60} +0130".encode()
            out += b"commit refs/heads/work%d\nmark :%d\n" % (number, number + 1)
            out += b"author %s\ncommitter %s\ndata %d\n%s" % (who, who, len(said), said)
            for place, parent in enumerate(parents):
                out += b"%s :%d\n" % (b"merge" if place else b"from", parent + 1)
            out += b"deleteall\n"
            for name, content in files.items():
                mode = b"755" if name.endswith(".sh") else b"120000" if name.endswith(".link") else b"644"
                out += b"M %s inline %s\ndata %d\n%s\n" % (mode, name.encode(), len(content), content)
        out += b"reset refs/heads/main\nfrom :%d\n\n" % (len(self.commits) if main is None else main + 1)
        for number in range(len(self.commits)):
            out += b"reset refs/heads/work%d\nfrom 0000000000000000000000000000000000000000\n\n" % number
        subprocess.run(["git", "fast-import", "--quiet", "--force"], cwd=path, input=bytes(out), check=True)
        return path


def git(path: Path, *arguments: str) -> str:
    """Run git and return what it prints."""
    done = subprocess.run(["git", *arguments], cwd=path, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def read_by_git(path: Path, paths: list[str], branch: str = "main") -> set[str]:
    """Return the commits that belong to `paths` (also former ones) by git's own reading: see the package for the rule."""
    joined = git(path, "log", "--format=%H", "--full-history", "--simplify-merges", branch, "--", *paths)
    line = git(path, "log", "--format=%H", "--first-parent", branch, "--", *paths)
    return {*joined.split(), *line.split()}


def taken(source: Path, wanted: Parts, target: Path, branch: str = "main") -> tuple[Trace, Written]:
    """Take one repository out of another."""
    with Source(source) as opened:
        (trace,) = trace_all(opened, opened.tip(branch), [wanted])
        return trace, write(opened, trace, target, branch=branch)


def people(path: Path, commit: str) -> list[str]:
    """Author, committer, dates and message of a commit, as they are stored."""
    head, _, message = git(path, "cat-file", "commit", commit).partition("\n\n")
    return [line for line in head.splitlines() if line.startswith(("author ", "committer ", "encoding "))] + [message]


def text(name: str, version: int = 0) -> bytes:
    """A file like no other one, but for its versions."""
    return "".join(f"{name} {line} {version if line == 7 else 0}\n" for line in range(20)).encode()


def below(folder: str, *names: str, version: int = 0) -> Files:
    """Files in a folder."""
    return {f"{folder}/{name}": text(name, version) for name in names}


def log(path: Path, *arguments: str) -> list[str]:
    """Subjects on main, oldest first."""
    return git(path, "log", "--reverse", "--topo-order", "--format=%s", *arguments).split("\n")


def renames_by_git(path: Path, branch: str) -> dict[str, set[str]]:
    """Return where each folder came from by git's own finding of renames: more than one file with the same path below both."""
    found: dict[str, Counter[str]] = {}
    lines = git(path, "log", "-m", "-M", "--diff-filter=R", "--name-status", "--format=", branch).splitlines()
    for line in filter(None, lines):
        old, new = (name.split("/") for name in line.split("\t")[1:])
        for depth in range(1, min(len(old), len(new))):
            if old[-depth:] != new[-depth:]:
                break
            before, after = "/".join(old[:-depth]), "/".join(new[:-depth])
            if before != after:
                found.setdefault(after, Counter())[before] += 1
    return {after: {before for before, count in counts.items() if count > 1} for after, counts in found.items()}


def all_paths(folder: str, renames: dict[str, set[str]]) -> list[str]:
    """Return a folder and every one that it was before."""
    paths = [folder]
    for path in paths:
        paths += sorted(renames.get(path, set()) - set(paths))
    return paths


def told(path: Path, *commits: str) -> list[str]:
    """Author, committer, dates and message of commits, in an order of their own; ids and parents are no part of it."""
    if not commits:
        return []
    form = "%an|%ae|%aI|%cn|%ce|%cI|%B%x00"
    return sorted(git(path, "log", "--no-walk", f"--format={form}", *commits).split("\0"))
