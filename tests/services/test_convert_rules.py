"""Rules of the root hold in the application: what git ignored is ignored, what it did not is not."""

import shutil
import subprocess
from pathlib import Path

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from calcifer.kit.errors import Conflict
from calcifer.kit.git.rules import attribute_rules, ignore_rules
from calcifer.kit.git.statuses import status
from calcifer.services.layouts.ruling import ruled
from calcifer.services.layouts.wishes import Places
from tests.services.layouts import commit, write

PLACES = Places("app", "docs")
OF = PLACES.of_rules


@pytest.mark.parametrize(
    ("line", "wanted"),
    [
        (b"*.log", [b"*.log"]),
        (b"build/", [b"build/"]),
        (b"/app/data/", [b"/data/"]),
        (b"app/data", [b"/data"]),
        (b"!app/data/keep", [b"!/data/keep"]),
        (b"docs/_build", [b"/docs/_build"]),
        (b"/docs/", [b"/docs/"]),
        (b"/app", []),
        (b"app/", [b"app/"]),
        (b"/other/x", []),
        (b"/*", [b"/docs"]),
        (b"/*/cache", [b"/cache", b"/docs/cache"]),
        (b"/[ad]*/x", [b"/x", b"/docs/x"]),
        (b"/[!a]*/x", [b"/docs/x"]),
        (b"/a?p/x", [b"/x"]),
        (b"app/**/x", [b"/**/x"]),
        (b"**/x", [b"**/x"]),
        (b"**/app/x", [b"**/app/x", b"/x"]),
        (b"app/x  ", [b"/x"]),
        (b"app/x\\ ", [b"/x\\ "]),
        (b"app/\\#x", [b"/\\#x"]),
        (b"# only a remark", []),
        (b"app/x\r", [b"/x"]),
    ],
)
def test_rule_is_rewritten(line: bytes, wanted: list[bytes]) -> None:
    assert ignore_rules(line + b"\n", OF) == wanted


def test_remarks_stay_with_their_rules() -> None:
    text = b"# One\n/app/x\n\n# Two\n/other\n# Three\n*.log\n"
    assert ignore_rules(text, OF) == [b"# One", b"/x", b"# Two", b"# Three", b"*.log"]


def test_attributes_are_rewritten() -> None:
    text = b'*.png binary\napp/x.bat eol=crlf\n/other/y -text\n"app/a b" -diff\n[attr]mine -diff\n# remark\n'
    assert attribute_rules(text, OF) == [b"*.png binary", b"/x.bat eol=crlf", b'"/a b" -diff', b"[attr]mine -diff"]


PARTS = st.sampled_from(["app", "docs", "a", "b", "x", "*", "**", "?", "a*", "[ab]", "d*s", "*.log", "x.log"])
PATTERNS = st.builds(
    lambda sign, start, parts, end: sign + start + "/".join(parts) + end,
    st.sampled_from(["", "", "", "!"]),
    st.sampled_from(["", "/"]),
    st.lists(PARTS, min_size=1, max_size=3),
    st.sampled_from(["", "", "/"]),
)
RULES = st.lists(PATTERNS, max_size=5).map(lambda lines: "".join(line + "\n" for line in lines))
FILES = ["x", "x.log", "a/x", "a/b/x", "a/x.log", "b/a/x", "app/x", "docs/x", "docs/a/x.log"]


@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
@given(of_root=RULES, of_app=RULES, of_docs=RULES)
@example(of_root="docs\n", of_app="app\n!docs\n", of_docs="app\n!app\n")
def test_git_sees_the_same_before_and_after(tmp_path: Path, of_root: str, of_app: str, of_docs: str) -> None:
    root, new = tmp_path / "root", tmp_path / "new"
    for path in (root, new):
        shutil.rmtree(path, ignore_errors=True)
        path.mkdir()
        subprocess.run(["git", "init", "-q"], cwd=path, check=True)
    commit(root, "Begin", {"app/tracked": "t", "docs/tracked": "t"})
    write(root, {f"app/{name}": "f" for name in FILES if not name.startswith("docs/")})
    write(root, {f"docs/{name}": "f" for name in FILES})
    write(root, {".gitignore": of_root, "app/.gitignore": of_app, "docs/.gitignore": of_docs})
    before = status(root).moved(PLACES.place)
    try:
        rules = ruled(root, PLACES, status(root))
    except Conflict:
        return  # said before anything is done
    shutil.copytree(root / "app", new, dirs_exist_ok=True)
    shutil.copytree(root / "docs", new / "docs", dirs_exist_ok=True)
    (new / ".gitignore").write_bytes(rules.applied(".gitignore", of_app.encode()))
    assert rules.applied(".gitignore", (new / ".gitignore").read_bytes()) == (new / ".gitignore").read_bytes()
    ours = {".gitignore", "tracked", "docs/tracked"}  # not committed in `new`
    assert status(new).untracked - ours == before.untracked - ours
