"""Another image is written into a compose file, and nothing else in it changes by a byte."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from calcifer.updates.editing import NotEditable, edited

PATH = "compose.yaml"


def made(text: str, old: str = "nginx:1.25", new: str = "nginx:1.27", **more: str) -> str:
    """The file after the edit."""
    files = {PATH: text.encode(), **{name.replace("_", "."): content.encode() for name, content in more.items()}}
    return edited(files.get, old, new)[PATH].decode()


@pytest.mark.parametrize(
    "text",
    [
        "services:\n  web:\n    image: nginx:1.25\n",
        "services:\n  web:\n    image:   'nginx:1.25'   # pinned\n    x: 1\n",
        'services: {web: {image: "nginx:1.25", ports: ["80:80"]}}\n',
        "services:\r\n  web:\r\n    image: nginx:1.25\r\n    ports:\r\n      - 8080:80\n",
        "\ufeffservices:\n  web:\n    image: nginx:1.25",
        "\ufeff{services: {web: {image: nginx:1.25}}}",
        "x: &img nginx:1.250\nservices:\n  wéb☃:\n    image: &a !!str nginx:1.25 # é\n  db:\n    image: postgres:16\n",
        "x-base: &base\n  image: nginx:1.25\nservices:\n  a:\n    <<: *base\n  b:\n    <<: *base\n    image: redis:7\n",
        "# nginx:1.25\nservices:\n  a: {image: nginx:1.25}\n  b: {image: nginx:1.25, command: echo nginx:1.25-x}\n",
        "services:\n  a:\n    image:\n      nginx:1.25\n",
    ],
)
def test_the_rest_stays_as_it_is(text: str) -> None:
    found = made(text)
    assert len(found) == len(text)
    changed = [at for at, (old, new) in enumerate(zip(text, found, strict=True)) if old != new]
    assert changed
    assert all(text[at] == "5" and found[at] == "7" for at in changed)
    assert made(found, "nginx:1.27", "nginx:1.25") == text


def test_a_comment_and_another_key_with_the_same_text_stay() -> None:
    text = "services:\n  a:\n    # nginx:1.25\n    image: nginx:1.25 # nginx:1.25\n    command: nginx:1.25\n"
    assert made(text) == text.replace("image: nginx:1.25", "image: nginx:1.27")


@pytest.mark.parametrize(
    "text",
    [
        "x-img: &img nginx:1.25\nservices:\n  web:\n    image: *img\n",
        "services:\n  web:\n    image: >-\n      nginx:1.25\n",
        'services:\n  web:\n    image: "nginx\\x3a1.25"\n',
        "services:\n  web:\n    image: nginx:1.26\n",
        "services: [1]\n",
        "services:\n  web:\n   - image: nginx:1.25\n: :\n",
    ],
)
def test_what_is_not_written_out_is_for_a_person(text: str) -> None:
    with pytest.raises(NotEditable):
        made(text)


def test_every_file_of_the_project_is_looked_into() -> None:
    files = {
        PATH: b"include: [more/other.yaml]\nservices: {a: {image: 'nginx:1.25'}}\n",
        "more/other.yaml": b"services: {b: {image: 'nginx:1.25'}}\n",
        "compose.override.yaml": b"services: {a: {ports: ['80:80']}}\n",
    }
    found = edited(files.get, "nginx:1.25", "nginx:1.27")
    assert {path: content.count(b"1.27") for path, content in found.items()} == {PATH: 1, "more/other.yaml": 1}


@given(st.text(alphabet="services:{}[]&*!|>'\"- \n\r\tweb image nginx:1.25#\u2028\x85é", max_size=120))
def test_whatever_a_file_is_it_is_edited_or_refused(text: str) -> None:
    try:
        found = made(text)
    except NotEditable:
        return
    assert found.replace("nginx:1.27", "nginx:1.25") == text.replace("nginx:1.27", "nginx:1.25")
