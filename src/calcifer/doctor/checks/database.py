"""The check `database`: the database file is intact, and no row refers to one that is gone."""

from collections.abc import Iterator

from calcifer.kit.diagnosis import Finding, Ward, check

NAME = "database"
BEGIN = "calcifer init; where there were items before: calcifer rebuild"
_MENDS = {
    True: "Move it away, with a copy kept, then: calcifer rebuild",
    False: "Look whether PostgreSQL runs, and into its log.",
}


@check(NAME, "The database is intact", needs_database=False)
def database(ward: Ward) -> Iterator[Finding]:
    """Ask the database itself. Nothing but the index is in it: what is lost can be read from the repositories again."""
    at = ward.units.database
    where = at.url.render_as_string(hide_password=True)
    is_there = at.file is None or at.file.exists()
    for words in at.faults():
        yield Finding(where, words, _MENDS[at.is_sqlite] if is_there else BEGIN)
    for words in at.orphans():
        yield Finding(where, words, "calcifer rebuild")
