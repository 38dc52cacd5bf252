"""References, tags, rules and what is chosen among them; pure."""

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from calcifer.updates import references, tags
from calcifer.updates.choosing import Known, choose, kept
from calcifer.updates.rules import Rule, fits, rule_of

DIGEST, OTHER = "sha256:" + "a" * 64, "sha256:" + "b" * 64
NUMBERS = st.lists(st.integers(0, 30), min_size=1, max_size=4).map(lambda parts: ".".join(map(str, parts)))
ODD = st.text(alphabet="019.-_abrcv", max_size=12)
TAGS = st.builds(
    "{}{}{}{}".format,
    st.sampled_from(["", "v", "version-"]),
    NUMBERS | st.sampled_from(["2024.1", "2024.12.3", "20240101", "20241231", "latest", "9999999"]),
    st.sampled_from(["", "-rc1", "rc2", "-beta.3", "b1", "-alpha"]),
    st.sampled_from(["", "-alpine", "-alpine3.20", "-ls12", "-ls13", "-debian-12-r3", "-7", "-slim"]),
)


@pytest.mark.parametrize(
    ("written", "name", "tag", "digest"),
    [
        ("nginx", "docker.io/library/nginx", "latest", None),
        ("nginx:1.25", "docker.io/library/nginx", "1.25", None),
        ("docker.io/nginx:1", "docker.io/library/nginx", "1", None),
        ("index.docker.io/library/nginx:1", "docker.io/library/nginx", "1", None),
        ("linuxserver/radarr:5", "docker.io/linuxserver/radarr", "5", None),
        ("ghcr.io/a/b/c:v1", "ghcr.io/a/b/c", "v1", None),
        ("localhost/web", "localhost/web", "latest", None),
        ("nas:5000/web:1", "nas:5000/web", "1", None),
        ("[fd00::1]:5000/web", "[fd00::1]:5000/web", "latest", None),
        (f"nginx:1.25@{DIGEST}", "docker.io/library/nginx", "1.25", DIGEST),
        (f"nginx@{DIGEST}", "docker.io/library/nginx", "latest", DIGEST),
    ],
)
def test_a_reference_is_taken_apart(written: str, name: str, tag: str, digest: str | None) -> None:
    found = references.read(written)
    assert found is not None
    assert (found.name, found.tag, found.digest) == (name, tag, digest)
    assert found.at(found.tag, found.digest).written == written or not found.has_tag


@pytest.mark.parametrize(
    "written",
    [
        "", "nginx:${TAG}", "../../etc", "a/../b:1", "nginx:1\n", "Nginx", "nginx:-x", "nginx@sha256:12",
        "a.example:99999999/x",
        "nginx:1:2", "http://a.example/x", "a.example/", "a b", "nginx:" + "1" * 129, "x" * 600,
        "user@a.example/x", "a.example/x?y",
        "sha256:" + "a" * 64, "näme", "a.example:5000//x", "a\x00b", "a.example:65536/x", "a.example:0/x", "[1:2]/x:1.0",
    ],
)  # fmt: skip
def test_what_is_no_reference_is_none(written: str) -> None:
    assert references.read(written) is None


@settings(max_examples=60)
@given(st.text(alphabet="abZ019.-_/:@$ []é\n", max_size=40))
def test_whatever_is_written_is_read_or_not(written: str) -> None:
    found = references.read(written)
    assert found is None or (".." not in found.name and found.name.isascii() and " " not in found.name)


@pytest.mark.parametrize(
    ("tag", "there", "newest"),
    [
        ("1.25", "1.24 1.25 1.26 1.27 1.27.1 1.28-alpine latest 2.0", ["2.0", "1.27", "1.26"]),
        ("1.25.3", "1.25.2 1.25.3 1.25.5 1.25.10 1.26", ["1.25.10", "1.25.5"]),
        ("1.25-alpine", "1.26 1.26-alpine 1.26-alpine3.20 1.27-alpine-slim", ["1.26-alpine"]),
        ("15-alpine", "14-alpine 16-alpine 17beta1-alpine 20240101-alpine", ["16-alpine"]),
        ("15", "16 202 20240101 9999999 16.1", ["202", "16"]),
        ("v1.2.3", "1.2.4 v1.2.4 V1.2.5", ["v1.2.4"]),
        ("1.2.3", "1.2.4-rc1 1.2.4rc2 1.3.0-beta.1 1.2.4-dev 1.2.4-alpha 1.2.4-alpine", []),
        ("1.3.0-rc1", "1.3.0-rc2 1.3.0 1.3.0-beta9 1.2.9 1.3.1-rc1", ["1.3.1-rc1", "1.3.0", "1.3.0-rc2"]),
        ("3.13.0a1-slim", "3.13.0-slim 3.13.0b2-slim 3.13.0", ["3.13.0-slim", "3.13.0b2-slim"]),
        ("2024.1.1", "2024.1.2 2024.12.0 2025.1.0 3.0.0 9.9.9", ["2025.1.0", "2024.12.0", "2024.1.2"]),
        ("9.1.1", "2024.1.2 9.1.2", ["9.1.2"]),
        ("22.04", "24.04 23.10 20.04 jammy", ["24.04", "23.10"]),
        ("20240101", "20240202 16 20230101 20241340", ["20241340", "20240202"]),
        ("5.1.3-ls20", "5.1.3-ls21 5.1.3-ls9 5.2.0-ls1 5.2.0 5.2.0-r3", ["5.2.0-ls1", "5.1.3-ls21"]),
        ("1.2.3-debian-12-r4", "1.2.3-debian-12-r5 1.2.4-debian-13-r1 1.2.4-debian-12", ["1.2.3-debian-12-r5"]),
        ("latest", "1 2 3 latest", []),
        ("alpine", "alpine3.20 1", []),
        ("sha-1234567", "sha-1234568 1234569", []),
        ("8a3f2c1", "9a3f2c1 8b", []),
    ],
)
def test_what_is_newer(tag: str, there: str, newest: list[str]) -> None:
    assert [one for one, _ in tags.newer(tag, there.split())] == newest


@pytest.mark.parametrize(
    ("old", "new", "kind"),
    [
        ("1.25.3", "1.25.5", "patch"), ("1.25", "1.27", "minor"), ("15", "16", "major"), ("1.9.9", "2.0.0", "major"),
        ("2024.1.1", "2025.1.1", "minor"), ("2024.1.1", "2024.1.3", "patch"), ("20240101", "20240102", "minor"),
        ("1.0.0.1", "1.0.0.2", "patch"), ("1.0-ls1", "1.0-ls2", "patch"), ("1.0.0-rc1", "1.0.0", "patch"),
    ],
)  # fmt: skip
def test_how_far_it_goes(old: str, new: str, kind: str) -> None:
    assert tags.newer(old, [new]) == [(new, kind)]


@settings(max_examples=60)
@given(TAGS | ODD, st.lists(TAGS | ODD, max_size=15))
def test_nothing_lower_is_newer_and_nothing_leaves_the_scheme(tag: str, there: list[str]) -> None:
    own = tags.read(tag)
    found = tags.newer(tag, there)
    assert own is not None or not found
    for other, _ in found:
        version = tags.read(other)
        assert own is not None
        assert version is not None
        assert version.scheme == own.scheme
        assert version.order > own.order
        assert version.before_release is None or own.before_release is not None
        assert tag not in [back for back, _ in tags.newer(other, [tag])]
    # Of a registry only what is newer is kept: the same is found among that.
    assert tags.newer(tag, kept([tag], there)) == tags.newer(tag, sorted(set(there)))


@settings(max_examples=60)
@given(TAGS, st.lists(TAGS, min_size=1, max_size=20), st.sampled_from(("digest", "patch", "minor", "major")))
def test_what_is_chosen_is_allowed(tag: str, there: list[str], allow: str) -> None:
    rule = Rule(allow, is_named=True)
    offer = choose(f"web:{tag}", rule, Known(there, {tag: OTHER}, [tag]))
    assume(offer.to is not None)
    assert offer.to is not None
    assert rule.allows(offer.kind)
    assert offer.to.tag in {*there, tag}


@pytest.mark.parametrize(
    ("match", "tag", "fitting"),
    [
        ("", "x", True), ("1.27.*", "1.27.3", True), ("1.27.*", "1.28.0", False), ("*-alpine", "1-alpine", True),
        (">=1.25 <2", "1.25", True), (">=1.25 <2", "1.99.9", True), (">=1.25 <2", "2.0", False), (">=1.25 <2", "latest", False),
        ("=1.25", "1.25.0", True), (">1", "1.0.1", True), ("<=1", "1.0.0", True), (">=v1.2", "v1.2-alpine", True),
        ("*" * 100 + "b", "a" * 128, False), (">=x", "1", False),
    ],
)  # fmt: skip
def test_a_pattern_or_a_range(match: str, tag: str, fitting: bool) -> None:  # noqa: FBT001  (a parameter of the table)
    assert fits(match, tag) is fitting


def test_the_first_rule_that_fits_counts() -> None:
    rules = [
        {"image": "nginx", "allow": "patch", "automatic": "patch"}, {"image": "docker.io/library/*", "allow": "none"},
        {"image": "ghcr.io/*", "match": "1.*"},
    ]  # fmt: skip

    def rule(written: str) -> Rule:
        found = references.read(written)
        assert found is not None
        return rule_of(rules, found)

    assert rule("nginx:1") == Rule("patch", "", "patch", is_named=True)
    assert rule("redis:7") == Rule("none", is_named=True)
    assert rule("ghcr.io/a/b") == Rule("minor", "1.*", is_named=True)
    assert rule("quay.io/a/b") == Rule()


def test_by_itself_an_update_goes_as_far_as_both_let_it() -> None:
    known = Known(["1.0.1", "1.1.0", "2.0.0"], {"1.0.0": OTHER}, ["1.0.0"])

    def to(allow: str, automatic: str) -> str:
        offer = choose("web:1.0.0", Rule(allow, automatic=automatic, is_named=True).by_itself, known)
        return offer.to.tag if offer.to else ""

    assert [to("minor", "patch"), to("minor", "major"), to("none", "major"), to("major", "none")] == [
        "1.0.1",
        "1.1.0",
        "",
        "",
    ]
    assert to("minor", "digest") == ""  # a tag that says a version is not pinned unasked


@pytest.mark.parametrize(
    ("written", "rule", "known", "state", "to"),
    [
        ("web:1.0", Rule(), None, "unknown", None),
        ("web:1.0", Rule(), Known([], {}, ["2.0"]), "unknown", None),
        ("web:1.1", Rule(), Known(["1.2"], {}, ["1.0"]), "update", "web:1.2"),
        ("web:1.0", Rule(), Known(["1.2", "2.0"], {}, ["1.0"]), "update", "web:1.2"),
        ("web:1.0", Rule("patch"), Known(["1.2", "2.0"], {}, ["1.0"]), "current", None),
        ("web:1.0", Rule("none"), Known(["1.2"], {}, ["1.0"]), "held", None),
        ("web:1.0", Rule(match="1.1"), Known(["1.2", "1.1"], {}, ["1.0"]), "update", "web:1.1"),
        (f"web:1.0@{DIGEST}", Rule(), Known([], {"1.0": DIGEST}, ["1.0"]), "current", None),
        (f"web:1.0@{DIGEST}", Rule(), Known([], {"1.0": OTHER}, ["1.0"]), "update", f"web:1.0@{OTHER}"),
        (f"web:1.0@{DIGEST}", Rule(), Known(["1.1"], {"1.1": OTHER}, ["1.0"]), "update", f"web:1.1@{OTHER}"),
        (f"web:1.0@{DIGEST}", Rule(), Known(["1.1"], {}, ["1.0"]), "unknown", None),
        (f"web@{DIGEST}", Rule(), Known([], {"latest": OTHER}, ["latest"]), "fixed", None),
        ("web", Rule(), Known(["1.1"], {"latest": OTHER}, ["latest"]), "floating", None),
        (
            "web",
            Rule("digest", is_named=True),
            Known([], {"latest": OTHER}, ["latest"]),
            "update",
            f"web:latest@{OTHER}",
        ),
        ("web:${TAG:-1.0}", Rule(), None, "unreadable", None),
    ],
)
def test_what_is_said_of_an_image(written: str, rule: Rule, known: Known | None, state: str, to: str | None) -> None:
    offer = choose(written, rule, known)
    assert (offer.state, offer.to.written if offer.to else None) == (state, to)


def test_what_goes_further_than_allowed_is_named() -> None:
    assert choose("web:1.0", Rule(), Known(["2.0", "3.0"], {}, ["1.0"])).beyond == "3.0"
    assert choose("web:1.0", Rule(), Known(["1.1", "2.0"], {}, ["1.0"])).beyond == "2.0"
