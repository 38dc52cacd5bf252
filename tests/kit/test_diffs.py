"""Diffs as pages show them: complete where they fit, honest where they do not, harmless always."""

import re
import subprocess

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from calcifer.kit.git.diffs import Diff, FileDiff, Limits, Row, diff, marked
from calcifer.kit.git.repository import Repository
from calcifer.kit.git.trees import Blob
from calcifer.kit.web.templates import environment

Files = dict[str, bytes | Blob]


@pytest.fixture(scope="module")
def repository(tmp_path_factory: pytest.TempPathFactory) -> Repository:
    """A repository for trees alone."""
    path = tmp_path_factory.mktemp("diffs")
    subprocess.run(["git", "init", "-q", str(path)], check=True)
    return Repository(path)


def tree(repository: Repository, files: Files) -> str:
    """Write a tree."""
    blobs = {path: Blob(repository.write_blob(c)) if isinstance(c, bytes) else c for path, c in files.items()}
    return repository.edit(None, blobs)


def compare(repository: Repository, old: Files, new: Files, limits: Limits | None = None) -> Diff:
    """The diff of two sets of files."""
    return diff(repository, tree(repository, old), tree(repository, new), limits=limits or Limits())


def rows(file: FileDiff) -> list[Row]:
    """Every row of a file."""
    return [row for hunk in file.hunks for row in hunk.rows]


def written(file: FileDiff) -> list[str]:
    """The rows as git would print them, with [changed] words."""
    signs = {"added": "+", "deleted": "-", "context": " "}
    return [
        signs[row.kind] + "".join(f"[{word.text}]" if word.changed else word.text for word in row.words)
        for row in rows(file)
    ]


def test_a_changed_line_shows_its_changed_words_and_both_numbers(repository: Repository) -> None:
    old = b"services:\n  web:\n    image: nginx:1.26\n    ports: [80:80]\n"
    found = compare(repository, {"c.yaml": old}, {"c.yaml": old.replace(b"1.26", b"1.27.1")})
    (file,) = found.files
    assert (file.path, file.state, file.added, file.deleted, found.added, found.deleted) == (
        "c.yaml",
        "changed",
        1,
        1,
        1,
        1,
    )
    assert written(file) == [
        " services:",
        "   web:",
        "-    image: nginx:1.[26]",
        "+    image: nginx:1.[27.1]",
        "     ports: [80:80]",
    ]
    assert [(row.old, row.new) for row in rows(file)] == [(1, 1), (2, 2), (3, None), (None, 3), (4, 4)]


def test_what_happened_to_a_file(repository: Repository) -> None:
    text = b"".join(b"line %d\n" % n for n in range(30))
    blob = Blob(repository.write_blob(text))
    found = compare(
        repository,
        {"gone": b"x\n", "moved": text, "run": Blob(blob.oid, 0o100644), "image": b"\0old", "same": b"s"},
        {
            "came": b"y\n",
            "docs/moved": text + b"more\n",
            "run": Blob(blob.oid, 0o100755),
            "image": b"\0new",
            "same": b"s",
        },
    )
    assert {file.path: (file.state, file.old_path, file.mode_change, file.is_binary) for file in found.files} == {
        "came": ("added", None, "", False),
        "docs/moved": ("renamed", "moved", "", False),
        "gone": ("deleted", None, "", False),
        "image": ("changed", None, "", True),
        "run": ("mode", None, "now executable", False),
    }


def test_links_and_submodules(repository: Repository) -> None:
    link = Blob(repository.write_blob(b"/etc/passwd"), 0o120000)
    found = compare(repository, {"a": b"x\n"}, {"a": b"x\n", "link": link, "sub": Blob("1" * 40, 0o160000)})
    assert [(file.path, file.mode_change) for file in found.files] == [("link", "link"), ("sub", "submodule")]
    assert written(found.files[0]) == ["+/etc/passwd"]


def test_the_first_commit_is_compared_with_nothing(repository: Repository) -> None:
    found = diff(repository, None, tree(repository, {"a": b"x\ny\n"}))
    assert written(found.files[0]) == ["+x", "+y"]


def test_a_missing_last_line_end_is_said(repository: Repository) -> None:
    found = compare(repository, {"a": b"x\ny"}, {"a": b"x\ny\n"})
    assert [(row.kind, row.text, row.ends) for row in rows(found.files[0])] == [
        ("context", "x", True),
        ("deleted", "y", False),
        ("added", "y", True),
    ]


def test_carriage_returns_show_where_they_are_the_difference(repository: Repository) -> None:
    assert written(compare(repository, {"a": b"x\r\n"}, {"a": b"x\r\ny\r\n"}).files[0]) == [" x", "+y"]
    assert written(compare(repository, {"a": b"x\r\n"}, {"a": b"x\n"}).files[0]) == ["-x[␍]", "+x"]


def test_hostile_bytes_are_shown_and_do_nothing(repository: Repository) -> None:
    content = repository.write_blob("\x1b[31m\u202elive".encode() + b"\xe9\x85\n")
    listed = b"100644 blob %s\t\xff<b>\n.txt\0" % content.encode()
    made = subprocess.run(["git", "mktree", "-z"], cwd=repository.path, input=listed, capture_output=True, check=True)
    found = diff(repository, None, made.stdout.decode().strip())
    assert found.files[0].path == "⟨0xFF⟩<b>⟨0x0A⟩.txt"
    assert written(found.files[0]) == ["+⟨0x1B⟩[31m⟨U+202E⟩live⟨0xE9⟩⟨0x85⟩"]


def test_what_is_too_much_is_counted(repository: Repository) -> None:
    many: Files = {f"f{n:02}": b"a\nb\nc\n" for n in range(10)}
    found = compare(repository, {}, many, Limits(files=4, rows=7, file_rows=3))
    assert (len(found.files), found.more) == (4, 6)
    assert [(len(rows(file)), file.more, file.why) for file in found.files] == [
        (3, 0, ""),
        (3, 0, ""),
        (1, 2, ""),
        (0, 3, "Enough is shown already."),
    ]
    assert [file.added for file in found.files] == [3, 3, 3, 3]


def test_a_long_line_is_cut(repository: Repository) -> None:
    row = rows(compare(repository, {}, {"a": b"x" * 1000 + b"\n"}).files[0])[0]
    assert (len(row.text), row.cut) == (600, 400)


def test_a_big_file_is_named_alone(repository: Repository) -> None:
    found = compare(repository, {"big": b"x\n" * 600_000}, {"big": b"y\n" * 600_000})
    assert (found.files[0].why, found.files[0].hunks) == ("This file is too big to compare here.", ())


def test_one_file_alone(repository: Repository) -> None:
    old, new = tree(repository, {"a": b"1", "b": b"1"}), tree(repository, {"a": b"2", "b": b"2"})
    assert [file.path for file in diff(repository, old, new, only="b").files] == ["b"]


def test_lines_with_little_in_common_are_not_marked() -> None:
    assert all(not word.changed for side in marked("image: nginx", "# why not, then?") for word in side)


@given(st.text(), st.text())
def test_marking_changes_no_text(one: str, other: str) -> None:
    left, right = marked(one, other)
    assert "".join(word.text for word in left) == one
    assert "".join(word.text for word in right) == other


LINES = st.lists(st.sampled_from(["a", "b b", "c", "", "\r", "ü", "long word " * 9]), max_size=30)


@given(LINES, LINES)
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
def test_rows_are_both_files(repository: Repository, old: list[str], new: list[str]) -> None:
    files: list[Files] = [{"a": "".join(f"{line}\n" for line in lines).encode()} for lines in (old, new)]
    found = diff(repository, tree(repository, files[0]), tree(repository, files[1]))
    if not found.files:
        assert old == new
        return
    (file,) = found.files
    for side, lines in (("old", old), ("new", new)):
        numbered = {getattr(row, side): row.text for row in rows(file) if getattr(row, side)}
        assert all(text in (lines[n - 1].replace("\r", "␍"), lines[n - 1].strip("\r")) for n, text in numbered.items())
    assert len(old) - file.deleted + file.added == len(new)


def page(found: Diff) -> str:
    """The macro's HTML."""
    template = environment({}).from_string('{% import "kit/diff.html" as diffs %}{{ diffs.diff(found, full) }}')
    return template.render(found=found, full=lambda path: f"?file={path}")


def test_the_page_escapes_everything(repository: Repository) -> None:
    html = page(
        compare(repository, {"<i>": b"<u>\n<s>&\n"}, {"<i>": b"<u>\n<script>alert(1)</script>&\n", "<p>": b"\0"})
    )
    assert not re.search(r"<(?:i|u|s|p|script)>", html)
    assert "&lt;script&gt;" in re.sub(r"</?mark>", "", html)
    assert "This file is binary." in html


def test_the_page_does_not_say_it_by_colour_alone(repository: Repository) -> None:
    html = page(compare(repository, {"a": b"x y z\n"}, {"a": b"x y w\n"}))
    assert '<td aria-label="added">+</td><td>x y <mark>w</mark></td>' in html
    assert '<td aria-label="deleted">\N{MINUS SIGN}</td><td>x y <mark>z</mark></td>' in html
    assert '<caption class="unseen">Changes in a</caption>' in html
    assert '<a href="#file-1"><code>a</code></a>' in html


def test_the_page_says_what_is_missing(repository: Repository) -> None:
    html = page(compare(repository, {}, {"a": b"1\n2\n3\n", "b": b"1\n"}, Limits(files=1, file_rows=2)))
    assert '1 more line: <a href="?file=a">show all of a</a>' in html
    assert "1 more file is not shown." in html
