"""A descriptor says what a service is meant to be; a broken one says what is wrong with it, and where."""

import json
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from calcifer.services import descriptors, intent
from calcifer.services.descriptors import PATH, Seen, new_text, read_descriptor
from calcifer.services.marked_yaml import Node, parse, shown
from tests.source import ROOT

Read = Callable[[str], bytes | None]
README = b"""\
[![build](https://example.org/b.svg)](https://example.org)

# The *web* proxy ![logo](x.png)

![picture](p.png)

> Quoted.

What `people`
see [first](https://example.org). <b>Now</b>.

More.
"""


def seen(text: str, **more: bytes) -> Seen:
    """What a descriptor of this text says."""
    return read_descriptor({PATH: text.encode(), **more}.get, name="web")


def test_everything_that_it_can_say_is_read() -> None:
    found = seen(
        "title: Web proxy\ndescription: What *people* see.\nkind: network\nowner: ada\nlifecycle: experimental\n"
        "visibility: private\npolicy: team\nverify: pytest -q\ndepends_on: [db, cache.1]\n"
        "links: [{title: Dashboard, url: 'https://example.org/d'}]\n"
        "targets: [{name: test, host: alpha}]\nendpoints: [{url: 'tcp://alpha:443'}]\n"
        "hooks: {pre_deploy: sh before.sh}\n"
    )
    assert (found.source, found.problems, found.notes) == ("service.yaml", (), ())
    descriptor = found.descriptor
    assert descriptor is not None
    assert descriptor.model_dump(exclude={"targets", "endpoints", "updates", "hooks"}) == {
        "title": "Web proxy",
        "description": "What *people* see.",
        "kind": "network",
        "owner": "ada",
        "lifecycle": "experimental",
        "visibility": "private",
        "policy": "team",
        "verify": "pytest -q",
        "depends_on": ["db", "cache.1"],
        "links": [{"title": "Dashboard", "url": "https://example.org/d"}],
    }
    assert (descriptor.targets[0].host, descriptor.endpoints[0].url) == ("alpha", "tcp://alpha:443")
    assert descriptor.hooks is not None
    assert (descriptor.hooks.pre_deploy, descriptor.hooks.post_deploy) == ("sh before.sh", None)


@pytest.mark.parametrize("text", ["", "# nothing\n", "title:\nowner: ~\n"])
def test_what_it_does_not_say_is_derived(text: str) -> None:
    descriptor = seen(text, **{"README.md": README}).descriptor
    assert descriptor is not None
    assert (descriptor.title, descriptor.description) == ("The web proxy", "What people see first. Now.")
    assert (descriptor.kind, descriptor.policy, descriptor.visibility) == ("application", "solo", "internal")


def test_without_readme_the_name_is_the_title() -> None:
    found = read_descriptor(lambda _: None, name="web")
    assert found.source == "derived"
    assert found.descriptor is not None
    assert (found.descriptor.title, found.descriptor.description) == ("web", None)


@pytest.mark.parametrize(
    ("readme", "title"),
    [
        (b"Title\n=====\n\nText", "Title"),
        (b"\xef\xbb\xbf# Title", "Title"),
        (b"#\n\n## Second", "Second"),
        (b"no heading", None),
        (b"", None),
        (b"\0\1\2", None),
        (b"# \xff\xfe", "\ufffd\ufffd"),
        (b"# <script>alert(1)</script>\x1b[31m", "alert(1)\ufffd[31m"),
        (b"# " + b"x" * 5000, "x" * 199 + "…"),
        (b"# a\n" * 100_000, "a"),
        (b"[" * 100_000, None),
    ],
)
def test_a_readme_gives_a_title(readme: bytes, title: str | None) -> None:
    assert descriptors.derived({"README.md": readme}.get, name="web").title == (title or "web")


def test_words_that_only_lead_to_a_block_describe_nothing() -> None:
    readme = b"# Sample\n\nProject structure:\n```\n.\n```\nServes pages to the house.\n"
    assert descriptors.derived({"README.md": readme}.get, name="web").description == "Serves pages to the house."


def test_unknown_keys_are_kept_and_told() -> None:
    found = seen("titel: x\nx-mine: 1\nlinks: [{title: a, url: 'https://b', icon: z}]\n")
    assert found.notes == (
        ".calcifer/service.yaml, line 1, column 1: 'titel' is kept, and means nothing here. Is title meant?",
        ".calcifer/service.yaml, line 3, column 38: 'icon' is kept, and means nothing here.",
    )
    assert found.descriptor is not None
    assert found.problems == ()


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("title: 3", "line 1, column 1: title is a text: put it into quotes."),
        ("kind: [a]", "line 1, column 1: kind is a text."),
        ("kind: Big Thing", "line 1, column 1: kind is a word in lower case."),
        ("title: ''", "line 1, column 1: title is empty."),
        ("a: 1\ntitle: " + "x" * 201, "line 2, column 1: title has more than 200 characters."),
        ("title: 'a\n\n  b'", "title is one line of text."),
        ('description: "a\\0b"', "description has characters that no text has."),
        ('verify: "a\\eb"', "verify has characters that no text has."),
        ("policy: loose", "line 1, column 1: policy is 'solo', 'team' or 'strict', not 'loose'."),
        ("visibility: public", "visibility is 'internal' or 'private', not 'public'."),
        ("depends_on: db", "depends_on is a list."),
        ("depends_on: [db, A b]", "line 1, column 18: depends_on.1 is no name of a service"),
        ("depends_on: [" + "a," * 201 + "]", "depends_on has more than 200 entries."),
        (
            "links: [{title: a, url: 'javascript:alert(1)'}]",
            "line 1, column 20: links.0.url is an address that begins with",
        ),
        ("links: [{title: a, url: ' https://x'}]", "links.0.url is an address that begins with https:// or http://."),
        ("links: [{title: a}]", "line 1, column 9: links.0.url is missing."),
        ("links: [x]", "links.0 is a mapping."),
        ("endpoints: [{url: foo}]", "endpoints.0.url is an address such as"),
        ("targets: [{name: prod}]", "targets.0.host is missing."),
        ("- a", "line 1, column 1: A descriptor is a mapping, such as `title: Web proxy`."),
        (
            "title: [",
            "line 2, column 1: This is no YAML: while parsing a flow node did not find expected node content.",
        ),
        ("title: a\ntitle: b", "line 2, column 1: The key 'title' stands here twice."),
        ("a: &a [*a]", "stands for itself"),
        ("x" * 2_000_000, "has more than 1,000,000 bytes"),
        ("[" * 10_000, "nested deeper than 60 levels"),
    ],
)
def test_a_broken_one_says_what_is_wrong_and_where(text: str, sentence: str) -> None:
    found = seen(text)
    assert found.descriptor is None
    assert found.error is not None
    assert found.error.startswith(".calcifer/service.yaml, line ")
    assert sentence in found.error


def test_a_broken_one_does_not_make_way_for_another() -> None:
    found = read_descriptor({PATH: b"[", "catalog-info.yaml": b"kind: Component\nmetadata: {name: a}"}.get, name="web")
    assert (found.source, found.descriptor) == ("service.yaml", None)


BACKSTAGE = b"""\
apiVersion: backstage.io/v1alpha1
kind: Component
metadata:
  name: artist-web
  description: The place to be
  links: [{url: 'https://example.org/', title: Admin, icon: x}, {url: 'https://example.org/2'}, {url: 'ssh://x'}]
  tags: [java]
spec:
  type: website
  lifecycle: Production
  owner: group:default/artists
  dependsOn: ['resource:default/artists-db', component:Player]
---
kind: API
"""


def test_a_backstage_file_is_read_where_there_is_no_descriptor() -> None:
    found = read_descriptor({"catalog-info.yaml": BACKSTAGE}.get, name="web")
    assert (found.source, found.problems, found.notes) == ("catalog-info.yaml", (), ())
    descriptor = found.descriptor
    assert descriptor is not None
    assert (descriptor.title, descriptor.description, descriptor.owner) == ("artist-web", "The place to be", "artists")
    assert (descriptor.lifecycle, descriptor.depends_on) == ("production", ["artists-db", "player"])
    assert [(link.title, link.url) for link in descriptor.links] == [
        ("Admin", "https://example.org/"),
        ("https://example.org/2", "https://example.org/2"),
    ]


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        (b"kind: x", "line 1, column 1: A catalog-info.yaml has `kind` and `metadata`."),
        (b"", "A catalog-info.yaml has `kind` and `metadata`."),
        (b"[a]", "A catalog-info.yaml has `kind` and `metadata`."),
        (b"kind: Component\nmetadata:\n  title: []", "line 3, column 3: title is a text."),
        (b"kind: Component\nmetadata: {name: a}\nspec: {dependsOn: ['a b/']}", "depends_on.0 is no name of a service"),
    ],
)
def test_a_broken_backstage_file_says_so_too(text: bytes, sentence: str) -> None:
    found = read_descriptor({"catalog-info.yaml": text}.get, name="web")
    assert found.descriptor is None
    assert sentence in (found.error or "")


@given(st.binary(max_size=200) | st.text("titlekndos:[]{}-,&*'\" \n\t#|>", max_size=60).map(str.encode))
def test_whatever_is_there_returns(content: bytes) -> None:
    for path in (PATH, "catalog-info.yaml", "README.md"):
        found = read_descriptor({path: content}.get, name="web")
        assert (found.descriptor is None) == bool(found.problems)


# -- writing and schema -----------------------------------------------------------------------------------------------


@given(st.text(min_size=1, max_size=100).filter(str.strip))
def test_a_fresh_text_says_what_was_asked_for(title: str) -> None:
    found = seen(new_text(title, kind="network"))
    assert found.error is None
    assert found.descriptor is not None
    assert found.notes == ()
    assert (found.descriptor.title or "").split() == shown(title, 200).split()
    assert found.descriptor.kind == "network"


def test_every_comment_of_a_fresh_text_is_valid_too() -> None:
    uncommented = "\n".join(line.removeprefix("# ") for line in new_text().splitlines()[1:]).replace("#   -", "  -")
    found = seen(uncommented.replace("#     url", "    url"))
    assert (found.error, found.notes) == (None, ())


def test_the_page_about_services_names_every_key() -> None:
    page = (ROOT / "docs" / "service.md").read_text("utf-8")
    example = page.partition("```yaml\n")[2].partition("```")[0]
    found = seen(example)
    assert (found.error, found.notes) == (None, ())
    assert found.descriptor is not None
    assert found.descriptor.model_fields_set == set(intent.Descriptor.model_fields)


def test_the_published_schema_is_current() -> None:
    path = ROOT / "docs" / "schemas" / "service.schema.json"
    assert path.read_text("utf-8") == intent.schema_text(), "make schemas"


@pytest.mark.parametrize(
    ("text", "valid"),
    [
        (new_text("Web"), True),
        ("title: a\nmine: 1\nlinks: [{title: a, url: 'https://x'}]", True),
        ("title: 3", False),
        ("policy: loose", False),
        ("links: [{title: a, url: 'javascript:x'}]", False),
        ("depends_on: ['A b']", False),
    ],
)
def test_the_schema_says_the_same(text: str, valid: bool) -> None:  # noqa: FBT001  (a parameter of the table)
    schema = json.loads(intent.schema_text())
    Draft202012Validator.check_schema(schema)
    node = parse(text.encode(), PATH)
    assert isinstance(node, Node)
    assert Draft202012Validator(schema).is_valid(node.plain()) is valid
    assert (seen(text).error is None) is valid
