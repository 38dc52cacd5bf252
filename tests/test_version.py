"""The version is stated once, and the installed package agrees with it."""

import calcifer


def test_version_is_a_release_number() -> None:
    assert [int(part) for part in calcifer.__version__.split(".")]
