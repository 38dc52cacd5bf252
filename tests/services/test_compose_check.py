"""What is wrong with compose files is said with its place; whatever they hold, a sentence comes soon."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from calcifer.services.facts import Facts, problems, read_facts
from tests.pace import at_most
from tests.services.composing import compose, sentences

# -- what is wrong ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("services: {web: {image: 3}}", "line 1, column 18: services.web.image is a text, not '3'."),
        (
            "services:\n  web:\n    image: a\n    prots: []",
            "line 4, column 5: services.web has no key 'prots': is ports meant?",
        ),
        ("servces: {}", "line 1, column 1: a compose file has no key 'servces': is services meant?"),
        ("services: {web: {image: a, ports: 80}}", "line 1, column 28: services.web.ports is a list, not '80'."),
        (
            "services: {web: {build: {contxt: .}}}",
            "line 1, column 26: services.web.build has no key 'contxt': is context meant?",
        ),
        ("services: {web: {}}", "line 1, column 12: 'web' has neither an image nor a build."),
        ("services: {a b: {image: a}}", "line 1, column 12: 'a b' is no name: use letters, digits, '.', '_' and '-'."),
        (
            "services: [",
            "line 2, column 1: This is no YAML: while parsing a flow node did not find expected node content.",
        ),
        ("a: 1\na: 2", "line 2, column 1: The key 'a' stands here twice."),
        ("- a", "line 1, column 1: A compose file is a mapping, with `services:` at its top."),
        ("", "line 1, column 1: A compose file is a mapping, with `services:` at its top."),
        ("name: x", "line 1, column 1: There is no service in this project."),
        ("services: {web: {image: a, ports: ['99999:80']}}", "'99999:80' is no port: write"),
        (
            "services: {web: {image: a, extends: b}}",
            "'extends' names the service 'b', which compose.yaml does not have.",
        ),
        (
            "services: {web: {image: a, depends_on: [db]}}",
            "line 1, column 41: 'web' names the service 'db', which is not",
        ),
        ("services: {web: {image: a, networks: [n]}}", "'web' names the network 'n', which is not defined."),
        ("services: {web: {image: a, volumes: ['v:/v']}}", "'web' names the volume 'v', which is not defined."),
        ("services: {web: {image: a, configs: [c]}}", "'web' names the config 'c', which is not defined."),
        ("services: {web: {image: a, secrets: [{source: s}]}}", "'web' names the secret 's', which is not defined."),
        (
            "services: {web: {image: a, network_mode: 'service:x'}}",
            "'web' names the service 'x', which is not defined.",
        ),
        (
            "services: {a: {image: a, depends_on: [b]}, b: {image: a, depends_on: [a]}}",
            "depends_on leads in a circle: a → b → a.",
        ),
        ("include: [no.yml]\nservices: {web: {image: a}}", "There is no file 'no.yml' in this repository."),
        ("include: [compose.yaml]\nservices: {web: {image: a}}", "'include' leads back to 'compose.yaml'"),
        ("services: {a: {extends: b}, b: {extends: a}}", "'extends' leads back to"),
    ],
)
def test_what_is_wrong_is_said_with_its_place(text: str, sentence: str) -> None:
    found = sentences(compose(text))
    assert any(sentence in line for line in found), found
    assert all(line.startswith("compose.yaml, line ") for line in found)
    read_facts(compose(text))


@pytest.mark.parametrize(
    "text",
    [
        "services: {web: {image: a, networks: [default], volumes: ['/a:/a', './b:/b', '~/c:/c', '${D}:/d', /e, 'C:\\x:/x']}}",
        "services: {web: {image: a, depends_on: [db]}, db: {image: b, profiles: [x]}}",
        "services: {web: {image: a, ports: [80, '3000-3005', '127.0.0.1:8001:8001', '[::1]:80:80', '6060:6060/udp']}}",
        "services: {web: {image: a, ports: ['127.0.0.1::80', '9090-9091:8080-8081', '${P}:80']}}",
        "services: {web: {image: a, volumes: ['v:/v']}}\nvolumes: {v: {external: true}}",
        "services: {web: {image: a, x-mine: {any: thing}}}\nx-more: 1",
        "services: {web: {provider: {type: model}}}",
        "version: '3.8'\nservices: {web: {image: a}}",
    ],
)
def test_what_is_right_is_left_alone(text: str) -> None:
    assert sentences(compose(text)) == []


# -- hostile files ----------------------------------------------------------------------------------------------------

BOMB = "a: &a [x,x,x,x,x,x,x,x,x]\n" + "".join(
    f"{chr(98 + n)}: &{chr(98 + n)} [{','.join([f'*{chr(97 + n)}'] * 9)}]\n" for n in range(20)
)
MANY = ",".join(f"'{n}:80'" for n in range(5000))


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        (BOMB, "expands to more than 20,000 values"),
        ("a: &a [*a]", "stands for itself"),
        ("a: *b", "has no anchor before it"),
        ("a: " + "[" * 100_000, "nested deeper than 60 levels"),
        ("- " * 50_000, "nested deeper than 60 levels"),
        ("a: " + "{b: " * 5000, "nested deeper than 60 levels"),
        ("x" * 10_000_000, "has more than 1,000,000 bytes"),
        ("a: \x01", "characters that YAML does not allow"),
        ("? [a]\n: b", "A key is a text"),
        ("<<: 3", "'<<' takes a mapping"),
        (
            f"services:\n  b: {{image: a, ports: [{MANY}]}}\n"
            + "".join(f"  s{n}: {{extends: b}}\n" for n in range(500)),
            "expands to more than 60,000 values",
        ),
        ("services: {" + ",".join(f"s{n}: {{image: a, prots: 1}}" for n in range(2000)) + "}", "has no key 'prots'"),
        ("services: {" + ",".join(f"s{n}: {{image: a, depends_on: [s{n + 1}]}}" for n in range(2000)) + "}", "'s2000'"),
        (
            "services: {" + ",".join(f"s{n}: {{extends: s{n + 1}}}" for n in range(2000)) + "}",
            "or over more than 20 steps",
        ),
    ],
    ids=range(14),
)
def test_a_hostile_file_gives_a_sentence_soon(text: str, sentence: str) -> None:
    with at_most(10):
        found = sentences(compose(text))
        facts = read_facts(compose(text))
    assert any(sentence in line for line in found), found[:3]
    assert len(found) <= 50
    json.dumps(facts.as_json())


def test_bytes_that_are_no_text_give_a_sentence() -> None:
    read = {"compose.yaml": b"services:\n  web: \xff"}.get
    assert sentences(read) == ["compose.yaml, line 2, column 1: The file is not UTF-8 text."]
    assert read_facts(read).error == "compose.yaml, line 2, column 1: The file is not UTF-8 text."


def test_includes_that_multiply_end() -> None:
    chain = {f"{n}.yml": f"include: [{n + 1}.yml, {n + 1}.yml]\nservices: {{}}".encode() for n in range(15)}
    wide = {"compose.yaml": b"include: [0.yml]", **chain, "15.yml": b"x: [" + b"1," * 400 + b"]"}
    assert any("expands to more than" in line for line in sentences(wide.get))
    many = {f"{n}.yml": b"services: {}" for n in range(100)}
    many["compose.yaml"] = b"include: [" + b",".join(b"%d.yml" % n for n in range(100)) + b"]"
    assert any("more than 50 files" in line for line in sentences(many.get))


@pytest.mark.parametrize(
    "path", ["../x.yml", "/etc/passwd", "at/../../x", ".git/config", "a\\b", "x\\0y", "~/../../x", "C:/x", "a" * 2000]
)
@pytest.mark.parametrize("form", ['include: ["{}"]', 'services: {{a: {{extends: {{file: "{}", service: b}}}}}}'])
def test_nothing_outside_the_repository_is_read(path: str, form: str) -> None:
    asked: list[str] = []

    def read(wanted: str) -> bytes | None:
        asked.append(wanted)
        return form.format(path).encode() if wanted == "compose.yaml" else None

    assert problems(read)
    assert not [
        wanted for wanted in asked if wanted.startswith(("/", "..", ".git")) or "\\" in wanted or "\0" in wanted
    ]


def test_control_characters_do_not_reach_what_is_stored() -> None:
    stored = json.dumps(read_facts(compose('services: {"a\\0": {image: "b\\0\\e[31m"}}')).as_json())
    assert "\\u0000" not in stored
    assert "\\u001b" not in stored


@given(st.binary(max_size=200) | st.text("{}[]:-,&*<!|>'\"# \n\tab\\", max_size=80).map(str.encode))
def test_whatever_is_there_returns(content: bytes) -> None:
    read = {"compose.yaml": content}.get
    facts = read_facts(read)
    problems(read)
    assert Facts.of_json(json.loads(json.dumps(facts.as_json()))) == facts
