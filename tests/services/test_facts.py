"""Facts are what the compose files say, as compose would read them; whatever they hold, reading them returns."""

import json
import time
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from calcifer.services.facts import NONE, Container, Facts, changed, problems, read_facts

Read = Callable[[str], bytes | None]


def files(**contents: str) -> Read:
    """A repository with these files; `__` in a name is a dot, a leading `at_` a folder."""
    named = {name.replace("__", ".").replace("at_", "at/"): text.encode() for name, text in contents.items()}
    return named.get


def compose(text: str) -> Read:
    """A repository with this compose file."""
    return files(compose__yaml=text)


def container(text: str) -> Container:
    """The facts of the service `web`, whose body is given."""
    return read_facts(compose("services:\n  web:\n" + text)).containers["web"]


def sentences(read: Read) -> list[str]:
    """What is wrong, as text."""
    return [str(problem) for problem in problems(read)]


# -- which files ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("there", "counts"),
    [
        (["docker-compose.yml", "compose.yml", "compose.yaml", "docker-compose.yaml"], ["compose.yaml"]),
        (["docker-compose.yml", "compose.yml", "docker-compose.yaml"], ["compose.yml"]),
        (["docker-compose.yml", "docker-compose.yaml"], ["docker-compose.yaml"]),
        (["docker-compose.yml", "docker-compose.override.yml"], ["docker-compose.yml", "docker-compose.override.yml"]),
        (["docker-compose.yml", "compose.override.yml"], ["docker-compose.yml"]),
        (["compose.yaml", "compose.override.yaml"], ["compose.yaml", "compose.override.yaml"]),
        (["stack.yml"], []),
    ],
)
def test_files_are_taken_in_the_order_of_compose(there: list[str], counts: list[str]) -> None:
    assert list(read_facts(dict.fromkeys(there, b"services: {}").get).files) == counts


def test_a_repository_without_compose_file_has_no_facts_and_no_problems() -> None:
    assert read_facts(lambda _: None) == NONE
    assert problems(lambda _: None) == []


# -- what is read -----------------------------------------------------------------------------------------------------


def test_short_and_long_forms_are_the_same_fact() -> None:
    short = container(
        "    image: nginx:1.27\n"
        "    ports: ['8080:80', '127.0.0.1:53:53/udp', 9000]\n"
        "    volumes: ['data:/data', './conf:/etc/nginx:ro', /cache]\n"
        "    networks: [front]\n"
        "    depends_on: [db]\n"
        "    healthcheck: {test: [CMD, curl, -f, localhost]}\n"
    )
    long = container(
        "    image: nginx:1.27\n"
        "    ports:\n"
        "      - {target: 80, published: '8080'}\n"
        "      - {target: 53, published: 53, host_ip: 127.0.0.1, protocol: udp}\n"
        "      - {target: 9000, protocol: tcp}\n"
        "    volumes:\n"
        "      - {type: volume, source: data, target: /data}\n"
        "      - {type: bind, source: ./conf, target: /etc/nginx, read_only: true}\n"
        "      - {type: volume, target: /cache}\n"
        "    networks: {front: {aliases: [www]}}\n"
        "    depends_on: {db: {condition: service_healthy}}\n"
        "    healthcheck: {test: curl -f localhost}\n"
    )
    assert short == long
    assert short == Container(
        image="nginx:1.27",
        ports=("8080:80", "127.0.0.1:53:53/udp", "9000"),
        volumes=("data:/data", "./conf:/etc/nginx:ro", "/cache"),
        networks=("front",),
        depends_on=("db",),
        healthcheck="curl -f localhost",
    )


def test_variables_stay_as_they_are_written() -> None:
    text = '    image: "nginx:${TAG:-1.27}"\n    ports: ["${PORT:-8080}:80"]\n    volumes: ["${DATA:-./data}:/data"]\n'
    found = container(text)
    assert found.image == "nginx:${TAG:-1.27}"
    assert (found.ports, found.volumes) == (("${PORT:-8080}:80",), ("${DATA:-./data}:/data",))
    assert problems(compose("services:\n  web:\n" + text + "    deploy: {replicas: '${N}'}\n")) == []


def test_anchors_and_merge_keys_are_followed() -> None:
    text = (
        "x-base: &base\n  image: nginx:1\n  ports: ['80:80']\n"
        "services:\n  web: {<<: *base}\n  api: {<<: [*base], image: nginx:2}\n"
    )
    found = read_facts(compose(text)).containers
    assert (found["web"].image, found["api"].image, found["api"].ports) == ("nginx:1", "nginx:2", ("80:80",))
    assert problems(compose(text)) == []


def test_plain_values_are_what_compose_takes_them_for() -> None:
    found = container("    image: yes\n    ports: [22:22, 0080:80]\n    networks: {on: }\n")
    assert (found.image, found.ports, found.networks) == ("yes", ("22:22", "0080:80"), ("on",))


def test_the_rest_is_read_too() -> None:
    facts = read_facts(
        compose(
            "services:\n  web: {build: ./web, network_mode: host, healthcheck: {disable: true}}\n"
            "  api: {build: {context: api}}\nnetworks: {front: }\nvolumes: {data: }\n"
        )
    )
    web = facts.containers["web"]
    assert (web.build, web.networks, web.healthcheck) == ("./web", ("network_mode: host",), "disabled")
    assert (facts.containers["api"].build, facts.networks, facts.volumes) == ("api", ("front",), ("data",))


# -- merging, include, extends ----------------------------------------------------------------------------------------


def test_the_override_file_is_merged_as_compose_merges() -> None:
    facts = read_facts(
        files(
            compose__yaml=(
                "services:\n  web:\n    image: nginx:1\n    ports: ['80:80', '443:443']\n    volumes: ['old:/data', 'x:/x']\n"
                "    depends_on: [db]\n    healthcheck: {test: [CMD, a]}\n    networks: [one]\n  db: {image: pg}\n"
            ),
            compose__override__yaml=(
                "services:\n  web:\n    image: nginx:2\n    ports: ['81:81', '80:80']\n    volumes: ['new:/data']\n"
                "    depends_on: {cache: {condition: service_started}}\n    healthcheck: {test: [CMD, b]}\n    networks: {two: }\n"
                "  db: {ports: ['5432:5432']}\n"
            ),
        )
    )
    assert facts.containers["web"] == Container(
        image="nginx:2",
        ports=("80:80", "443:443", "81:81"),
        volumes=("new:/data", "x:/x"),
        depends_on=("db", "cache"),
        networks=("one", "two"),
        healthcheck="b",
    )
    assert facts.containers["db"] == Container(image="pg", ports=("5432:5432",))


def test_reset_and_override_replace() -> None:
    read = files(
        compose__yaml="services: {web: {image: a, ports: ['1:1'], volumes: ['a:/a']}}\nvolumes: {a: }\n",
        compose__override__yaml="services: {web: {ports: !override ['2:2'], volumes: !reset []}}\nvolumes: {a: !reset null}\n",
    )
    facts = read_facts(read)
    assert facts.containers["web"] == Container(image="a", ports=("2:2",))
    assert facts.volumes == ()
    assert problems(read) == []


def test_include_is_followed_and_paths_are_seen_from_the_repository() -> None:
    read = files(
        compose__yaml="include: [at/more.yml]\nservices: {web: {image: a, depends_on: [db], networks: [n]}}\n",
        at_more__yml="include: [{path: [deep.yml]}]\nservices: {db: {image: pg, volumes: ['./data:/data', '../x:/x']}}\n",
        at_deep__yml="services: {cache: {image: redis, build: .}}\nnetworks: {n: }\n",
    )
    facts = read_facts(read)
    assert facts.files == ("compose.yaml", "at/more.yml", "at/deep.yml")
    assert facts.containers["db"].volumes == ("./at/data:/data", "./x:/x")
    assert facts.containers["cache"].build == "./at"
    assert problems(read) == []


def test_what_is_included_may_not_differ() -> None:
    read = files(
        compose__yaml="include: [a.yml]\nservices: {web: {image: a}}\n", a__yml="services: {web: {image: b}}\n"
    )
    assert sentences(read) == [
        "compose.yaml, line 1, column 11: What is included has services 'web' too, and differently."
    ]


def test_extends_is_followed() -> None:
    read = files(
        compose__yaml=(
            "services:\n  web: {extends: {file: at/base.yml, service: web}, ports: ['81:81']}\n  api: {extends: web, image: b}\n"
        ),
        at_base__yml="services:\n  web: {extends: root, ports: ['80:80'], volumes: ['./d:/d']}\n  root: {image: a}\n",
    )
    facts = read_facts(read)
    assert facts.containers["web"] == Container(image="a", ports=("80:80", "81:81"), volumes=("./at/d:/d",))
    assert facts.containers["api"].image == "b"
    assert facts.containers["api"].ports == ("80:80", "81:81")
    assert problems(read) == []


def test_what_is_remote_is_not_followed_and_nothing_is_called_undefined_then() -> None:
    text = "include: ['oci://example.org/x', '${WHERE}/compose.yml']\nservices: {web: {image: a, depends_on: [db]}}\n"
    assert problems(compose(text)) == []


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
        ("x" * 10_000_000, "has 10,000,000 bytes"),
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
    begin = time.perf_counter()
    found = sentences(compose(text))
    facts = read_facts(compose(text))
    assert time.perf_counter() - begin < 10
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


# -- comparing --------------------------------------------------------------------------------------------------------


def test_facts_survive_json() -> None:
    facts = read_facts(
        compose("services: {web: {image: a, ports: ['1:1'], depends_on: [b]}, b: {image: c}}\nvolumes: {v: }")
    )
    assert Facts.of_json(json.loads(json.dumps(facts.as_json()))) == facts
    assert Facts.of_json({}) == NONE


@pytest.mark.parametrize(
    ("old", "new", "lines"),
    [
        ("{image: a, ports: ['8080:80']}", "{image: a, ports: ['8081:80']}", ["ports of web: 8080:80 → 8081:80"]),
        ("{image: a, ports: ['1:1', '2:2']}", "{image: a, ports: ['2:2', '1:1']}", []),
        ("{image: a}", "{image: b, ports: ['1:1']}", ["image of web: a → b", "ports of web: none → 1:1"]),
        ("{image: a, command: x}", "{image: a, command: y, environment: [A=1]}", []),
        ("{image: a, depends_on: [b]}", "{image: a, depends_on: {b: {condition: service_started}}}", []),
    ],
)
def test_changes_are_told_by_category(old: str, new: str, lines: list[str]) -> None:
    before, after = (read_facts(compose(f"services: {{web: {text}}}")) for text in (old, new))
    assert changed(before, after) == lines


def test_a_new_container_is_told_with_what_it_has() -> None:
    after = read_facts(compose("services: {web: {image: a}}\nvolumes: {v: }"))
    assert changed(NONE, after) == ["containers: none → web", "image of web: none → a", "volumes: none → v"]
    assert changed(after, NONE) == ["containers: web → none", "image of web: a → none", "volumes: v → none"]
