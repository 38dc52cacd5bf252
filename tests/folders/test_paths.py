"""Which folder a path belongs to, and how it is called there, for all paths."""

from hypothesis import given
from hypothesis import strategies as st

from calcifer.services.folders import is_inside, owned, owner, placed, relative, with_folders

PART = st.text("ab.-é ", min_size=1, max_size=3).filter(lambda part: part.strip(".") != "" and part == part.strip())
PATH = st.lists(PART, min_size=1, max_size=4).map("/".join)
FOLDER = st.one_of(st.just(""), PATH)


@given(FOLDER, PATH)
def test_a_path_is_the_same_by_way_of_the_folder(folder: str, path: str) -> None:
    assert placed(folder, relative(folder, path)) == path


@given(FOLDER, PATH)
def test_nothing_leads_out_of_the_repository(folder: str, path: str) -> None:
    up = "../" * (folder.count("/") + 2)
    assert placed(folder, f"{up}{path}") is None


@given(st.lists(FOLDER, max_size=5, unique=True), st.lists(PATH, max_size=8, unique=True))
def test_a_path_belongs_to_one_service_at_most(folders: list[str], paths: list[str]) -> None:
    shares = [owned(paths, folder, folders) for folder in folders]
    assert sorted(path for share in shares for path in share) == sorted(
        p for p in paths if owner(p, folders) is not None
    )
    for path in paths:
        at = owner(path, folders)
        assert at is None or is_inside(at, path)
        assert all(len(folder) <= len(at or "") for folder in folders if is_inside(folder, path))


@given(st.binary(max_size=60), st.lists(FOLDER, max_size=5, unique=True))
def test_a_list_has_each_folder_once_and_keeps_what_was_there(text: bytes, folders: list[str]) -> None:
    made = with_folders(text, folders)
    assert not text or made.startswith(text)
    assert with_folders(made, folders) == made
    lines = {line.rstrip("/\r") for line in made.decode("utf-8", "surrogateescape").split("\n")}
    assert {folder or "." for folder in folders} <= lines
