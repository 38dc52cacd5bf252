"""What looks like a secret is found, what does not is left alone, and nothing takes long. No real secret is in here."""

import base64
import random
import string
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from calcifer.kit.leaks import Leak, find, is_random
from tests.pace import at_most

ANY = random.Random(7)
HEX, LETTERS = "0123456789abcdef", string.ascii_letters
BASE62 = LETTERS + string.digits
BASE32 = string.ascii_uppercase + "234567"
URLSAFE = BASE62 + "-_"


def pick(alphabet: str, count: int) -> str:
    """A random text, the same in each run."""
    return "".join(ANY.choice(alphabet) for _ in range(count))


# Put together here, so that no scanner of this repository takes them for real.
FORMS: dict[str, list[str]] = {
    "age secret key": ["AGE-SECRET-KEY-" + "1" + pick("QPZRY9X8GF2TVDW0S3JN54KHCE6MUA7L", 58)],
    "AWS access key": ["AKI" + "A" + pick(BASE32, 16), "ASI" + "A" + pick(BASE32, 16)],
    "Anthropic key": ["sk-" + "ant-api03-" + pick(URLSAFE, 93) + "AA"],
    "Atlassian token": ["ATAT" + "T3xFfGF0" + pick(URLSAFE, 180)],
    "Azure storage key": ["Account" + "Key=" + pick(BASE62, 86) + "=="],
    "Cloudflare tunnel token": ["eyJhI" + "joi" + pick(BASE62, 140)],
    "crates.io token": ["ci" + "o" + pick(BASE62, 32)],
    "Databricks token": ["dap" + "i" + pick(HEX, 32)],
    "DigitalOcean token": ["dop" + "_v1_" + pick(HEX, 64)],
    "Discord bot token": ["M" + pick(BASE62, 23) + "." + pick(BASE62, 6) + "." + pick(URLSAFE, 27)],
    "Discord webhook": ["https://discord.com/api/" + "webhooks/" + pick("123456789", 18) + "/" + pick(URLSAFE, 68)],
    "Docker token": ["dckr_" + "pat_" + pick(URLSAFE, 27)],
    "Doppler token": ["dp." + "pt." + pick(BASE62, 43)],
    "GitHub token": [*(f"gh{kind}" + "_" + pick(BASE62, 36) for kind in "opsur"),
        "github_" + "pat_" + pick(BASE62, 22) + "_" + pick(BASE62, 59)],
    "GitLab token": ["glpat" + "-" + pick(BASE62, 20), "glrt" + "-" + pick(BASE62, 20), "GR134" + "8941" + pick(URLSAFE, 20)],
    "Google key": ["AIz" + "a" + pick(URLSAFE, 35)],
    "Google OAuth token": ["ya29" + "." + pick(URLSAFE, 60)],
    "Google OAuth secret": ["GOCSPX" + "-" + pick(URLSAFE, 28)],
    "Grafana token": ["glsa" + "_" + pick(BASE62, 32) + "_" + pick(HEX, 8)],
    "Hugging Face token": ["hf" + "_" + pick(LETTERS, 34)],
    "JSON web token": ["ey" + "JhbGciOiJIUzI1NiJ9.ey" + "J" + pick(BASE62, 60) + "." + pick(URLSAFE, 43),
        "ey" + "JhbGciOiJSUzI1NiJ9.ey" + "J" + pick(BASE62, 900) + "." + pick(URLSAFE, 683)],
    "Linear key": ["lin_" + "api_" + pick(BASE62, 40)],
    "Mailgun key": ["key" + "-" + pick(HEX, 32)],
    "npm token": ["npm" + "_" + pick(BASE62, 36), "//npm.example.org/:_auth" + "Token=" + pick(BASE62, 36)],
    "OpenAI key": ["sk-" + pick(BASE62, 20) + "T3Blbk" + "FJ" + pick(BASE62, 20),
        "sk-proj-" + pick(BASE62, 74) + "T3Blbk" + "FJ" + pick(BASE62, 74)],
    "PuTTY key": ["Private" + "-Lines: 14"],
    "PyPI token": ["pypi" + "-AgEIcHlwaS5vcmc" + pick(URLSAFE, 150)],
    "RubyGems key": ["ruby" + "gems_" + pick(HEX, 48)],
    "SendGrid key": ["SG" + "." + pick(URLSAFE, 22) + "." + pick(URLSAFE, 43)],
    "Sentry token": ["sntr" + "ys_" + pick(BASE62, 80)],
    "Shopify token": ["shp" + "at_" + pick(HEX, 32)],
    "Slack token": ["xox" + "b-" + pick("123456789", 12) + "-" + pick(BASE62, 24),
        "xapp" + "-1-" + pick(BASE32, 11) + "-" + pick("123456789", 13) + "-" + pick(HEX, 64)],
    "Slack webhook": ["https://hooks.slack" + ".com/services/T" + pick(BASE32, 9) + "/B" + pick(BASE32, 9) + "/" + pick(HEX, 24)],
    "Stripe key": ["sk" + "_live_" + pick(BASE62, 24), "rk" + "_test_" + pick(BASE62, 99)],
    "Stripe webhook secret": ["whsec" + "_" + pick(BASE62, 32)],
    "Tailscale key": ["tskey" + "-auth-" + pick(BASE62, 12) + "-" + pick(BASE62, 32)],
    "Telegram bot token": [pick("123456789", 10) + ":A" + "A" + pick(URLSAFE, 33)],
    "Terraform token": [pick(BASE62, 14) + ".atlas" + "v1." + pick(BASE62, 64)],
    "Twilio key": ["S" + "K" + pick(HEX, 32)],
    "Vault token": ["hvs" + "." + pick(URLSAFE, 28)],
}  # fmt: skip
HEAD, FOOT = "-----BEGIN %s PRIVATE " + "KEY-----", "-----END %s PRIVATE " + "KEY-----"


def kinds(path: str, text: str, lines: set[int] | None = None) -> list[str]:
    """The kinds found, in the order of lines."""
    return [leak.kind for leak in find(path, text.encode(), lines)]


@pytest.mark.parametrize("kind", FORMS)
def test_a_token_of_a_known_form_is_found_anywhere(kind: str) -> None:
    for token in FORMS[kind]:
        for text in (token, f"  - X={token}", f"x({token!r})", f"see <{token}>, please", f'"{token}",'):
            assert kinds("notes.md", f"a\n{text}\nb\n") == [kind], text


@pytest.mark.parametrize("kind", FORMS)
def test_no_form_begins_in_the_middle_of_a_word(kind: str) -> None:
    tokens = [token for token in FORMS[kind] if "/" not in token]
    assert kind not in [found for token in tokens for found in kinds("a.lock", f"Xx{token}")]


@pytest.mark.parametrize("name", ["RSA", "EC", "OPENSSH", "ENCRYPTED"])
def test_a_private_key_is_found_by_its_first_line(name: str) -> None:
    key = f"{HEAD % name}\nMII{pick(BASE62, 61)}\n{pick(BASE62, 64)}\n{FOOT % name}\n"
    assert find("id_rsa", key.encode()) == [Leak(1, "private key")]
    assert find("k.yaml", f"key: |\n  {HEAD % name}\n  MII{pick(BASE62, 61)}\n".encode()) == [Leak(2, "private key")]
    assert kinds("a.json", '{"k": "%s\\nMII%s\\n"}' % (HEAD % name, pick(BASE62, 61))) == ["private key"]  # noqa: UP031
    assert find("id_rsa", key.encode(), {3}) == [Leak(1, "private key")]
    assert not find("id_rsa", key.encode(), {9})
    assert not find("id_rsa", b"# a test key  calcifer: allow-secret\n" + key.encode())


def test_a_key_with_headers_of_its_own_is_found() -> None:
    text = f"{HEAD % 'RSA'}\nProc-Type: 4,ENCRYPTED\nDEK-Info: AES-128-CBC,00\n\n{pick(BASE62, 64)}\n"
    assert kinds("k", text) == ["private key"]


@pytest.mark.parametrize("text", [f'if "{HEAD % "RSA"}" in text:', f"{HEAD % 'EC'}\n...\n{FOOT % 'EC'}", HEAD % "RSA"])
def test_a_mention_of_a_key_is_none(text: str) -> None:
    assert not kinds("a.py", text)


MADE: dict[str, Callable[[], str]] = {
    "hex": lambda: pick(HEX, 32),
    "base62": lambda: pick(BASE62, 24),
    "base64": lambda: base64.b64encode(ANY.randbytes(32)).decode(),
    "urlsafe": lambda: pick(URLSAFE, 43),
    "uuid": lambda: "-".join(pick(HEX, n) for n in (8, 4, 4, 4, 12)),
    "signs": lambda: pick(BASE62 + "#%&!^", 18),
}
PLACES = [
    ("app.env", "POSTGRES_PASSWORD=%s"),
    ("compose.yaml", "      - DB_PASS=%s"),
    ("compose.yaml", "      api_token: %s  # from the console"),
    ("compose.yaml", '      MYSQL_ROOT_PASSWORD: "%s"'),
    ("compose.yaml", "    command: redis-server --requirepass %s"),
    ("wg0.conf", "PrivateKey = %s"),
    ("config.xml", "<ApiKey>%s</ApiKey>"),
    ("a.json", '{"clientSecret":"%s"}'),
    ("settings.py", 'SECRET_KEY = "%s"'),
    ("settings.py", "environ.setdefault('SECRET_KEY', '%s')"),
    ("main.go", 'token := "%s"'),
    ("run.sh", "curl -H x --token %s https://example.org"),
]


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("made", MADE)
def test_a_random_value_of_a_telling_name_is_found(made: str, place: tuple[str, str]) -> None:
    path, line = place
    ANY.seed(f"{made} {path} {line}")  # the same values in any order of tests
    found = sum(kinds(path, line % MADE[made]()) == ["random value of a telling name"] for _ in range(50))
    assert found >= (40 if made == "signs" else 46)


def test_a_password_in_an_address_is_found() -> None:
    text = f"DATABASE_URL: postgres://app:{pick(BASE62, 20)}@db:5432/app"
    assert kinds("compose.yaml", text) == ["password in an address"]


NONE = """
POSTGRES_PASSWORD=${POSTGRES_PASSWORD}
POSTGRES_PASSWORD=${POSTGRES_PASSWORD:-changeme9Xk2Lq}
POSTGRES_PASSWORD: $POSTGRES_PASSWORD
POSTGRES_PASSWORD_FILE=/run/secrets/db-password1
MYSQL_ROOT_PASSWORD=changeme
MYSQL_ROOT_PASSWORD=db-57xsl
MYSQL_PASSWORD: example
password: your-password-here-123
password: <a8Kd9s0Lw2x>
password: "{{ vault_db_password }}"
password: !vault |
token: %(token)s
token: ********************
API_KEY=xxxxxxxxxxxxxxxx1x2x
secret: mysecretpassword
secrets: [db-password, smtp-password]
secretName: wildcard-example-com-tls2
token_url: https://auth.home.lan/realms/a1b2c3/protocol
tokenExpiry: 2026-01-31T12:00:00Z
password_min_length: 12345678901
public_key: zv3Jq0O1n2R5v8yBxE7HkMbQeThWmZq4t7wzC0FaJc=
ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJq0O1n2R5v8yBxE7HkMbQeThWmZq4t7wzC0FaJc ada@home
image: ghcr.io/acme/token-service:1.27.3-alpine3
image: nginx@sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08
key: linux-build-v2-cache
monkey: 9f86d081884c7d659a2feaa0c55ad015
keyboard: us
passwd: ENC[AES256_GCM,data:9f86d081884c7d65,iv:a2feaa0c55ad015a=,type:str]
The password is set in 9f86d081884c7d659a2f, and the token too.
password_hash: $2b$12$KIXQ8Zb0cY1vJ2mXo4u3eO
token = get_token(a9X2k4L8m1Q0)
tokens: 5f3a2b
AKIAIOSFODNN7EXAMPLE
"""


@pytest.mark.parametrize("line", NONE.strip().splitlines())
def test_what_is_no_secret_is_left_alone(line: str) -> None:
    assert not kinds("compose.yaml", line)


@pytest.mark.parametrize(
    "line", ["password = config.db2Password9x", "token = a1B2c3D4.e5F6g7H8", "if (secret == k9X2m4Q8w1) {"]
)
def test_a_bare_word_in_code_is_an_expression(line: str) -> None:
    assert not kinds("main.ts", line)


@pytest.mark.parametrize("name", ["package-lock.json", "yarn.lock", "go.sum", "app.min.js", "logo.svg"])
def test_files_of_hashes_are_looked_at_for_known_forms_alone(name: str) -> None:
    assert not kinds(name, f'"token": "{pick(HEX, 40)}"')
    assert kinds(name, FORMS["GitHub token"][0]) == ["GitHub token"]


def test_encrypted_files_are_left_alone() -> None:
    assert not kinds("s.yaml", f"kind: SealedSecret\npassword: {pick(BASE62, 200)}\n")
    assert not kinds("s.yaml", f"password: {pick(BASE62, 40)}\nsops:\n  version: 3\n")


@pytest.mark.parametrize(
    "comment", ["# calcifer: allow-secret", "// calcifer:allow-secret", "<!-- calcifer: allow-secret -->"]
)
def test_a_line_is_allowed_by_a_comment(comment: str) -> None:
    line = f"password: {pick(BASE62, 30)}"
    assert kinds("a.yaml", f"{line}  {comment}\n{line}\n") == ["random value of a telling name"]
    assert find("a.yaml", f"{line}  {comment}\n{line}\n".encode())[0].line == 2


def test_only_the_wanted_lines_count() -> None:
    text = "\n".join(f"password: {pick(BASE62, 30)}" for _ in range(5)).encode()
    assert [leak.line for leak in find("a.yaml", text, {2, 4, 99})] == [2, 4]
    assert not find("a.yaml", text, set())


def test_binary_files_are_left_alone() -> None:
    assert not find("a", b"\0" + FORMS["GitHub token"][0].encode())


@given(st.binary(max_size=300), st.none() | st.sets(st.integers(min_value=1, max_value=9)))
def test_any_bytes_do(text: bytes, lines: set[int] | None) -> None:
    assert all(leak.line <= text.count(b"\n") + 1 for leak in find("a.yaml", text, lines))


HOSTILE = [
    *(b"eyJ-" * 250_000, b"sk-" * 300_000 + b"T3BlbkFJ", b"key_" * 250_000, b"A" * 1_000_000, b"://a:" * 200_000),
    *(b'password="' * 100_000, b"password: x\n" * 80_000, (HEAD % "X").encode() + b"\n" + b"Aa: " * 250_000),
    *(((HEAD % "X").encode() + b"\n") * 30_000, b"eyJaaaaaaaaaaaaaaaa." * 50_000, b"token=" * 40_000),
]


@pytest.mark.slow
@pytest.mark.parametrize("number", range(len(HOSTILE)))
def test_no_megabyte_takes_long(number: int) -> None:
    with at_most(10):
        find("a.yaml", HOSTILE[number])


@pytest.mark.parametrize(
    "value",
    [
        "proxy-manager-2",
        "getHTTPServer2",
        "v1.27.3-rc4",
        "192.168.178.20:8080",
        "correct-horse-battery",
        "Ada.Lovelace1815",
    ],
)
def test_words_are_not_random(value: str) -> None:
    assert not is_random(value.encode())
