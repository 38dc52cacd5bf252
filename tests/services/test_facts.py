"""Facts are what the compose files say, as compose would read them."""

import json
from functools import partial
from pathlib import Path

import pytest

from calcifer.services.facts import NONE, Container, Facts, changed, problems, read_facts
from tests.services.composing import compose, container, files, sentences
from tests.services.samples import cloned

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


def test_real_projects_are_valid_and_have_facts(tmp_path: Path) -> None:
    seen = 0
    for folder in sorted(cloned(tmp_path / "bundle").iterdir()):
        read = partial(file_of, folder)
        facts = read_facts(read)
        seen += bool(facts.containers)
        assert sentences(read) == []
        assert all(one.image or one.build for one in facts.containers.values())
    assert seen == 39


def file_of(folder: Path, name: str) -> bytes | None:
    """A file of a directory."""
    return (folder / name).read_bytes() if (folder / name).is_file() else None
