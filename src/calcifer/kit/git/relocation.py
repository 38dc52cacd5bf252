"""The only place that gives a new repository what the checkout of an old one has besides history: branches, index, configuration.

The new repository is made where nobody sees it; its files stay where they lie, and no filter touches them.
"""

import os
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from pathlib import Path

import pygit2

from calcifer.kit.git import conditions, durable
from calcifer.kit.git.founding import FAITHFUL
from calcifer.kit.git.history import Parts, Source, Trace, Written, trace_all, write
from calcifer.kit.git.loose import guarded
from calcifer.kit.git.program import run
from calcifer.kit.git.repository import HEADS

Place = Callable[[str], str | None]
"""The new path of an old one, or None where it stays outside."""
SECONDS = 1800.0
_BRANCHES = conditions.TAGS + "calcifer-branches/"


@dataclass
class Loan:
    """A bare repository that lends the objects of another, whose branches are tags in it: so they all come along."""

    path: Path
    main: str
    """The commit of the branch that is checked out."""

    def trace(self, wanted: Parts) -> Trace:
        """Return the history of `wanted`."""
        with Source(self.path) as source:
            (trace,) = trace_all(source, self.main, [wanted])
        return trace


def lend(root: Path, branch: str, path: Path) -> Loan:
    """Make it at `path`, which must not exist; nothing is written into the repository at `root`."""
    path.mkdir(parents=True)
    run("init", "--quiet", "--bare", "--initial-branch=main", "--template=", cwd=path)
    (path / "objects" / "info").rmdir()
    (path / "objects" / "pack").rmdir()
    (path / "objects").rmdir()
    (path / "objects").symlink_to(root / ".git" / "objects")
    if (root / ".git" / "shallow").is_file():
        (path / "shallow").write_bytes((root / ".git" / "shallow").read_bytes())
    there = conditions.condition(root)
    names = {conditions.TAGS + name: oid for name, oid in there.tags.items()}
    names |= {_BRANCHES + name: oid for name, oid in there.branches.items() if name != branch}
    moves = "".join(f"create {ref} {oid}\n" for ref, oid in names.items())
    run("update-ref", "--stdin", cwd=path, stdin=os.fsencode(moves))
    return Loan(path, there.branches[branch])


def write_all(loan: Loan, trace: Trace, made: Path, *, branch: str) -> Written:
    """Make the repository `made` with all branches that have anything of it."""
    with Source(loan.path) as source:
        written = write(source, trace, made, branch=branch)
    lines = "".join(
        f"create {HEADS}{ref.removeprefix(_BRANCHES)} {oid}\ndelete {ref} {oid}\n"
        for ref, oid in written.tags.items()
        if ref.startswith(_BRANCHES)
    )
    run(*FAITHFUL, "update-ref", "--stdin", cwd=made, stdin=os.fsencode(lines))
    run(*FAITHFUL, "pack-refs", "--all", cwd=made)
    return written


def signed(loan: Loan, trace: Trace) -> int:
    """Return how many of the commits are signed; the new ones are not."""
    with Source(loan.path) as source:
        return sum(b"\ngpgsig" in source.raw(one.oid).partition(b"\n\n")[0] for one in trace.kept)


def branches_in(trace: Trace) -> list[str]:
    """Return the branches, but the one that is checked out, that have anything of a new repository."""
    return sorted(ref.removeprefix(_BRANCHES) for ref in trace.tags if ref.startswith(_BRANCHES))


def tags_in(trace: Trace) -> list[str]:
    """Return the tags that come along."""
    return sorted(ref.removeprefix(conditions.TAGS) for ref in trace.tags if not ref.startswith(_BRANCHES))


def give_configuration(root: Path, made: Path) -> None:
    """Add what the configuration at `root` says about files and commits; addresses and credentials are never taken."""
    seen = set[str]()
    for key, value in conditions.kept(conditions.configuration(root)):
        run("config", "--add" if key in seen else "--replace-all", key, value, cwd=made)
        seen.add(key)


def give_index(root: Path, made: Path, place: Place, rewritten: Mapping[str, bytes], intended: Collection[str]) -> None:
    """Make the index: what is staged at `root` is staged here, at its new path; `rewritten` are contents that replace its own.

    Paths of `intended` are announced, and no more; that, and whether a file differs, is for when the files lie there: `refresh`.
    """
    entries: dict[str, tuple[str, str]] = {}
    marked: dict[str, list[str]] = {"--assume-unchanged": [], "--skip-worktree": []}
    for line in _listed(root, "--stage"):
        said, _, path = line.partition("\t")
        mode, oid, _ = said.split(" ")
        if (there := place(path)) and there not in intended:
            entries[there] = (mode, oid)
    for line in _listed(root, "-v"):
        if there := place(line[2:]):
            marked["--assume-unchanged"] += [there] * line[0].islower()
            marked["--skip-worktree"] += [there] * (line[0] in "Ss")
    new = guarded(pygit2.Repository(str(made)))
    for path, content in rewritten.items():
        entries[path] = (entries.get(path, ("100644", ""))[0], str(new.create_blob(content)))
    _bring(root, new, {oid for _, oid in entries.values()})
    lines = "".join(f"{mode} {oid} 0\t{path}\0" for path, (mode, oid) in entries.items())
    run(*FAITHFUL, "read-tree", "--empty", cwd=made)
    run(*FAITHFUL, "update-index", "-z", "--index-info", cwd=made, stdin=os.fsencode(lines), timeout_seconds=SECONDS)
    for option, paths in marked.items():
        if paths:
            names = os.fsencode("\0".join(paths))
            run(*FAITHFUL, "update-index", option, "-z", "--stdin", cwd=made, stdin=names, timeout_seconds=SECONDS)


def staged(root: Path, path: str) -> bytes | None:
    """Return the content of a path as it is in the index at `root`."""
    return _content(root, f":0:{path}")


def committed(root: Path, path: str) -> bytes | None:
    """Return the content of a path as HEAD has it."""
    return _content(root, f"HEAD:{path}")


def _content(root: Path, name: str) -> bytes | None:
    answer = run("cat-file", "blob", name, cwd=root, accept=(0, 128))
    return None if answer.code else answer.out


def _listed(root: Path, *options: str) -> list[str]:
    answer = run("ls-files", "-z", *options, cwd=root, timeout_seconds=SECONDS)
    return [os.fsdecode(line) for line in answer.out.split(b"\0") if line]


def _bring(root: Path, new: pygit2.Repository, oids: set[str]) -> None:
    """Copy the objects that are staged and in no commit."""
    old = guarded(pygit2.Repository(str(root)))
    missing = sorted(oid for oid in oids if oid not in new)
    for oid in missing:
        kind, content = old.odb.read(oid)
        new.odb.write(kind, content)
    durable.flush(Path(new.path) / "objects", missing)


def refresh(checkout: Path, intended: list[str]) -> None:
    """Let the index of a checkout that has its files know them, and announce to it what was announced before."""
    run(*FAITHFUL, "update-index", "-q", "--refresh", cwd=checkout, accept=(0, 1), timeout_seconds=SECONDS)
    if intended:
        names = os.fsencode("\0".join(intended))
        options = ("--intent-to-add", "--pathspec-from-file=-", "--pathspec-file-nul")
        run(*FAITHFUL, "add", *options, cwd=checkout, stdin=names, env={"GIT_LITERAL_PATHSPECS": "1"})


def copy_out(repository: Path, target: Path, commit: str) -> None:
    """Make a checkout of its own of one commit, which borrows the objects of `repository` and writes nothing there."""
    run("clone", "--quiet", "--shared", "--no-checkout", "--", str(repository), str(target), cwd=target.parent)
    lfs = {"GIT_LFS_SKIP_SMUDGE": "1"}  # what it would fetch comes from a server, if there is one
    run("checkout", "--quiet", "--detach", commit, "--", cwd=target, env=lfs, timeout_seconds=SECONDS)


def ignored_there(checkout: Path, paths: list[str]) -> dict[str, str]:
    """Return those of `paths` that the rules in `checkout` ignore, and the rule that says so."""
    if not paths:
        return {}
    answer = run(
        "check-ignore", "--no-index", "--stdin", "-z", "--verbose", "--non-matching",
        cwd=checkout, stdin=os.fsencode("\0".join(paths) + "\0"), accept=(0, 1), timeout_seconds=SECONDS,
    )  # fmt: skip
    words = [os.fsdecode(word) for word in answer.out.split(b"\0")[:-1]]
    found = {}
    for at in range(0, len(words), 4):
        file, line, pattern, path = words[at : at + 4]
        if pattern and not pattern.startswith("!"):
            found[path] = f"'{pattern}' in {file}, line {line}"
    return found


def rule_files(root: Path, name: str) -> list[str]:
    """Return the files called `name` in a checkout: git reads those that are ignored, too, once their folder is not."""
    found = _listed(root, "--cached", "--others", "--", f":(glob)**/{name}")
    return sorted({path for path in found if path.rpartition("/")[2] == name})
