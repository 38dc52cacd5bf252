"""The only place that knows what a secret looks like: private keys, tokens of known forms, random values of telling names.

Made to be quiet: what it reports is worth a look. It says where and of what kind, never what. A line is let pass by a
comment at its end: `calcifer: allow-secret`; a private key by that comment on the line before it.
"""

import re
from bisect import bisect_right
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from functools import cache
from itertools import accumulate, islice, pairwise
from pathlib import PurePosixPath

LOOK_BYTES = 1_000_000
"""How much of a file is looked at, from its beginning."""

_BINARY_LOOK = 8000  # bytes, as git does it
_ALLOWED = re.compile(rb"calcifer:[ \t]*allow-secret\b")


@dataclass(frozen=True, order=True)
class Leak:
    """What looks like a secret, by its line (from 1) and kind."""

    line: int
    kind: str


# kind, a text that every one of the kind contains, the form. The vendors' own documents and the rules of gitleaks and
# detect-secrets agree on these; forms without a prefix of their own (Heroku, Hetzner, Gitea) are found by their names alone.
_FORMS: tuple[tuple[str, bytes, bytes], ...] = (
    ("age secret key", b"AGE-SECRET-KEY-", rb"AGE-SECRET-KEY-(?:PQ-)?1[02-9AC-HJ-NP-Z]{58,200}"),
    ("AWS access key", b"A", rb"(?:AKIA|ASIA|ABIA|ACCA)[A-Z2-7]{16}"),
    ("Anthropic key", b"sk-ant-", rb"sk-ant-[a-z]+\d\d-[A-Za-z0-9_-]{80,600}"),
    ("Atlassian token", b"ATATT3", rb"ATATT3[A-Za-z0-9_=-]{150,600}"),
    ("Azure storage key", b"AccountKey=", rb"AccountKey=[A-Za-z0-9+/]{86}=="),
    ("Cloudflare tunnel token", b"eyJhIjoi", rb"eyJhIjoi[A-Za-z0-9+/=_-]{100,600}"),
    ("crates.io token", b"cio", rb"cio[A-Za-z0-9]{32}"),
    ("Databricks token", b"dapi", rb"dapi[a-f0-9]{32}"),
    ("DigitalOcean token", b"_v1_", rb"do[opr]_v1_[a-f0-9]{64}"),
    ("Discord bot token", b".", rb"[MNO][A-Za-z0-9_-]{23,25}\.[A-Za-z0-9_-]{6}\.[A-Za-z0-9_-]{27,38}"),
    ("Discord webhook", b"/api/webhooks/", rb"discord(?:app)?\.com/api/webhooks/\d{17,20}/[A-Za-z0-9_-]{60,600}"),
    ("Docker token", b"dckr_", rb"dckr_[op]at_[A-Za-z0-9_-]{27,200}"),
    ("Doppler token", b"dp.", rb"dp\.(?:ct|pt|st|sa|scim|audit)\.(?:[a-z0-9_-]{2,35}\.)?[A-Za-z0-9]{40,44}"),
    ("GitHub token", b"gh", rb"gh[oprsu]_[A-Za-z0-9]{36,255}"),
    ("GitHub token", b"github_pat_", rb"github_pat_[A-Za-z0-9]{22}_[A-Za-z0-9]{59}"),
    ("GitLab token", b"gl", rb"gl(?:pat|oas|dt|rt|cbt|ptt|ft|imt|agent|wt|soat|ffct)-[A-Za-z0-9_.-]{20,200}"),
    ("GitLab token", b"GR1348941", rb"GR1348941[A-Za-z0-9_-]{20}"),
    ("Google key", b"AIza", rb"AIza[A-Za-z0-9_-]{35}"),
    ("Google OAuth token", b"ya29.", rb"ya29\.[A-Za-z0-9_-]{40,200}"),
    ("Google OAuth secret", b"GOCSPX-", rb"GOCSPX-[A-Za-z0-9_-]{28}"),
    ("Grafana token", b"gl", rb"gl(?:sa_[A-Za-z0-9]{32}_[a-fA-F0-9]{8}|c_[A-Za-z0-9+/]{32,200}={0,2})"),
    ("Hugging Face token", b"hf_", rb"hf_[A-Za-z0-9]{34}"),
    ("JSON web token", b"eyJ", rb"eyJ[A-Za-z0-9_-]{10,300}\.eyJ[A-Za-z0-9_-]{10,4000}\.[A-Za-z0-9_-]{20,1000}"),
    ("Linear key", b"lin_api_", rb"lin_api_[A-Za-z0-9]{40}"),
    ("Mailgun key", b"key-", rb"key-[a-f0-9]{32}"),
    ("npm token", b"npm_", rb"npm_[A-Za-z0-9]{36}"),
    ("npm token", b"_authToken", rb"_authToken[ \t]*=[ \t]*[A-Za-z0-9_/+.-]{20,200}={0,2}"),
    ("OpenAI key", b"T3BlbkFJ", rb"sk-[A-Za-z0-9_-]{16,200}T3BlbkFJ[A-Za-z0-9_-]{16,200}"),
    ("PuTTY key", b"Private-Lines:", rb"Private-Lines: \d+"),
    ("PyPI token", b"pypi-AgE", rb"pypi-AgE[A-Za-z0-9_-]{50,2000}"),
    ("RubyGems key", b"rubygems_", rb"rubygems_[a-f0-9]{48}"),
    ("SendGrid key", b"SG.", rb"SG\.[A-Za-z0-9_-]{22}\.[A-Za-z0-9_-]{43}"),
    ("Sentry token", b"sntry", rb"sntry[su]_[A-Za-z0-9+/=_-]{60,600}"),
    ("Shopify token", b"shp", rb"shp(?:at|ca|pa|ss)_[a-fA-F0-9]{32}"),
    ("Slack token", b"xox", rb"xox[abeoprs](?:\.xox[bp])?-[A-Za-z0-9-]{20,200}"),
    ("Slack token", b"xapp-", rb"xapp-\d-[A-Z0-9]+-\d+-[a-f0-9]{32,200}"),
    (
        "Slack webhook",
        b"hooks.slack.com/",
        rb"hooks\.slack\.com/(?:services|workflows|triggers)/[A-Za-z0-9/_-]{40,200}",
    ),
    ("Stripe key", b"_", rb"(?:sk|rk)_(?:live|test|prod)_[A-Za-z0-9]{16,200}"),
    ("Stripe webhook secret", b"whsec_", rb"whsec_[A-Za-z0-9+/]{32,200}=*"),
    ("Tailscale key", b"tskey-", rb"tskey-[a-z]+-[A-Za-z0-9]{8,200}(?:-[A-Za-z0-9]{16,200})?"),
    ("Telegram bot token", b":AA", rb"\d{8,10}:AA[A-Za-z0-9_-]{33}"),
    ("Terraform token", b".atlasv1.", rb"[A-Za-z0-9]{14}\.atlasv1\.[A-Za-z0-9_=-]{60,600}"),
    ("Twilio key", b"SK", rb"SK[a-f0-9]{32}"),
    ("Vault token", b"hv", rb"hv[bs]\.[A-Za-z0-9_-]{24,200}"),
)


@cache
def _compiled(form: bytes) -> re.Pattern[bytes]:
    """Return a form to be looked for; compiled once it is needed, since all of them would take a part of every start."""
    return re.compile(rb"(?<![A-Za-z0-9_])" + form + rb"(?![A-Za-z0-9])")


_KEY = re.compile(rb"-----BEGIN (?:[A-Z0-9]+ )*PRIVATE KEY(?: BLOCK)?-----")
# Its first line, in a file or within quotes with "\n" spelled out; a mere mention of the header has none.
_KEY_BODY = re.compile(rb"(?:\\[rn]|[ \t\r\n\"'+>|]|[A-Z][A-Za-z-]++: [^\r\n\\]*+)*+([A-Za-z0-9+/]{24,})")
_KEY_END = re.compile(rb"-----END |\Z")
_KEY_BYTES = 20_000
_KEYS = 100  # of one file; these bounds keep a file of nothing but headers from taking minutes

# Looked for in lower case: names whose values are secrets. A bare "key" must look more random.
_NAME = re.compile(rb"pass(?:word|wd|phrase|wort)?|pwd|secret|token|credentials?|masterauth|psk|key")
_QUALIFIED = re.compile(
    rb"(?:api|access|private|auth|secret|encrypt(?:ion)?|signing|master|pre_?shared|shared|account|app|license|cookie|session|"
    rb"jwt|hmac|admin)[_.-]?\Z"
)
_ASSIGNED = re.compile(
    rb"(?P<more>[A-Za-z0-9_.-]{0,40})(?P<between>[\"'`\]]{0,2}[ \t]*(?::=|=>|[:=>])[ \t]*|[\"'`],[ \t]*(?=[\"'`])|[ \t]+)"
    rb"(?P<quote>[\"'`]?)(?P<value>[^\s\"'`<>\\,;(){}\[\]]{10,512})(?P<after>.?)"
)
_PREFIX = re.compile(rb"[A-Za-z0-9_.-]*\Z")
_URL = re.compile(rb"://[^\s/:@\"'`<>]{0,64}:(?P<value>[^\s/@\"'`<>]{10,256})@[A-Za-z0-9\[]")
_OPTION = re.compile(rb"(?:\A|[\s\"'\[,])--?[A-Za-z0-9_.-]{0,40}\Z")
_NO_SECRET_NAME = re.compile(
    rb"public|pub[_.-]?key|(?:[_.-]?(?:file|path|dir|url|uri|urls|name|id|ids|ttl|type|length|len|size|header|headers|field|"
    rb"prefix|suffix|hash|sha\d*|digest|expir[a-z]*|endpoint|issuer|algorithm|alg|policy|version|selector|store|ring|board|"
    rb"code|event|index|label|usage|at|count|limit|reset|regex|pattern|spec|map|ref|checksum|fingerprint)s?)\Z",
    re.IGNORECASE,
)
_PLACEHOLDER = re.compile(
    rb"[$%@]\(|\$\{|\$[A-Z_]{3,}|\{\{|\}\}|^[$%@!&*~./]|%s|%d|://|^(?:ENC\[|vault:|env[:.]|file:|op:|arn:|sha\d+[:=-]|!)|"
    rb"example|sample|change|placeholder|replace|your|dummy|fake|redact|insert|todo|xxx|\*\*\*|\.\.\.|process\.env|"
    rb"0123456|1234567|abcdef|deadbeef",
    re.IGNORECASE,
)
_PARTS = re.compile(rb"[/._:@|=+-]+")
# proxy, NGINX, getHTTPServer2; possessive, so that no text makes it slow.
_WORD = re.compile(rb"(?:[A-Z]{0,5}+[a-z]{2,}+|[A-Z]{2,}+)*+[A-Za-z]?\d*\Z")
_UUID = re.compile(rb"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\Z", re.IGNORECASE)
_NUMBERS = re.compile(rb"[vVrR]?[\d.,:_/+TZhmsx-]+\Z")

# Where a bare word after "=" is an expression, a value stands in quotes.
_CODE = re.compile(
    r"\.(?:pyi?|[mc]?[jt]sx?|vue|svelte|go|java|kts?|scala|groovy|rs|[ch](?:c|pp)?|cs|cshtml|fs|vb|php|rb|p[lm]|lua|swift|dart|exs?|"
    r"erl|hs|ml|clj|r|sql|md|rst|adoc|txt|html?|s?css|less|sass)$"
)
# Full of hashes by nature; tokens of known forms are looked for here too.
_HASHES = re.compile(
    r"(?:^|[.-])(?:lock|sum|map)$|-lock\.(?:json|yaml)$|shrinkwrap\.json$|\.min\.(?:js|css)$|\.(?:svg|ipynb|po|patch|diff)$"
)
_SEALED = re.compile(rb"^kind: SealedSecret|^sops:|\"sops\":", re.MULTILINE)
_ENCRYPTED_ONLY = re.compile(r"(?:\A|/)\.calcifer/secrets/.+\.age\Z")
_AGE = (b"-----BEGIN AGE ENCRYPTED FILE-----\n", b"age-encryption.org/v1\n")
_ARMOR = re.compile(rb"-----BEGIN AGE ENCRYPTED FILE-----\n[A-Za-z0-9+/=\n]*+-----END AGE ENCRYPTED FILE-----\n?\Z")
_LONG_LINE = 5000  # bytes: no person wrote it


def find(path: str, text: bytes, lines: Collection[int] | None = None) -> list[Leak]:
    """Return what looks like a secret in a file, by line; only in `lines` (numbered from 1) where these are given."""
    text = text[:LOOK_BYTES]
    if _ENCRYPTED_ONLY.search(path) and not text.startswith(_AGE):
        return [Leak(1, "secret that is not encrypted")]
    if _ARMOR.match(text):
        return []
    if b"\0" in text[:_BINARY_LOOK]:
        return []
    every = text.split(b"\n")
    numbers = range(1, len(every) + 1) if lines is None else sorted(line for line in lines if line <= len(every))
    looked = text if lines is None else b"\n".join(every[number - 1] for number in numbers)
    starts = list(accumulate((len(every[number - 1]) + 1 for number in numbers), initial=0))
    leaks = {Leak(numbers[bisect_right(starts, offset) - 1], kind) for offset, kind in _candidates(path, looked, text)}
    allowed = {leak for leak in leaks if _ALLOWED.search(every[leak.line - 1])}
    return sorted((leaks - allowed) | set(_keys(text, every, None if lines is None else set(numbers))))


def _keys(text: bytes, every: list[bytes], lines: set[int] | None) -> Iterator[Leak]:
    """Yield the private keys of which at least one line is wanted, by their first lines."""
    for begin in islice(_KEY.finditer(text) if b"PRIVATE KEY" in text else (), _KEYS):
        limit = begin.end() + _KEY_BYTES
        body, end = _KEY_BODY.match(text, begin.end(), limit), _KEY_END.search(text, begin.end(), limit)
        if not body or not end or _PLACEHOLDER.search(body[1]):
            continue
        first = text.count(b"\n", 0, begin.start()) + 1
        last = first + text.count(b"\n", begin.start(), end.start())
        is_wanted = lines is None or not lines.isdisjoint(range(first, last + 1))
        if is_wanted and not any(_ALLOWED.search(line) for line in every[max(0, first - 2) : first]):
            yield Leak(first, "private key")


def _candidates(path: str, text: bytes, whole: bytes) -> Iterator[tuple[int, str]]:
    """Yield offset and kind of each find in `text`, which are lines of `whole`."""
    for kind, needle, form in _FORMS:
        if needle in text:
            yield from ((found.start(), kind) for found in _compiled(form).finditer(text) if _is_token(found[0]))
    name = PurePosixPath(path).name.lower()
    if _HASHES.search(name) or _SEALED.search(whole):
        return
    in_code, lower = bool(_CODE.search(name)), text.lower()
    for named in _NAME.finditer(lower):
        found = _ASSIGNED.match(text, named.end())
        if found and _is_secret(text, lower, named, found, in_code=in_code):
            yield named.start(), "random value of a telling name"
    if b"://" in text:
        yield from ((f.start(), "password in an address") for f in _URL.finditer(text) if is_random(f["value"]))


def _is_token(token: bytes) -> bool:
    """Tell a token from one that documents show: jwt.io's, `AKIAIOSFODNN7EXAMPLE`, `ghp_xxxx…`, letters in a row."""
    shown = rb"(?i:example|your|abcdefg|(.)\1{5})|0123456|eyJzdWIiOiIxMjM0NTY3ODkwI"
    return not re.search(shown, token)


def _is_secret(text: bytes, lower: bytes, named: re.Match[bytes], found: re.Match[bytes], *, in_code: bool) -> bool:
    begin = max(text.rfind(b"\n", 0, named.start()) + 1, named.start() - 60)
    if text.find(b"\n", begin, begin + _LONG_LINE) < 0 and len(text) - begin > _LONG_LINE:
        return False
    if found["between"].isspace() and not _OPTION.search(text, begin, named.start()):
        return False  # words of a sentence; `--token VALUE` is none
    if not found["quote"] and (in_code or found["after"] in (b"(", b"[", b"{")):
        return False
    match = _PREFIX.search(text, begin, named.start())
    prefix = match[0] if match else b""
    if _NO_SECRET_NAME.search(prefix + named[0] + found["more"]):
        return False
    if named[0] != b"key" or _QUALIFIED.search(lower, begin, named.start()):
        return is_random(found["value"])
    is_own_word = not prefix[-1:].isalpha() or text[named.start() : named.start() + 1] == b"K"  # no monkey
    return is_own_word and is_random(found["value"], strictly=True)


def is_random(value: bytes, *, strictly: bool = False) -> bool:
    """Whether a value was made by a machine: neither a placeholder nor words, names, versions, paths, dates.

    Random text changes between lower case, upper case, digits and signs at every second character (0.62 for base 62, 0.47
    for hexadecimal, 0.3 for base 32); what people write does so at every fifth at most.
    """
    value = value.rstrip(b"=.,:")
    shortest = 24 if strictly else 16 if value.isalpha() else 10
    if len(value) < shortest or _PLACEHOLDER.search(value) or _NUMBERS.match(value):
        return False
    if strictly and _UUID.match(value):
        return False
    if all(_WORD.match(part) for part in _PARTS.split(value)):
        return False
    kinds = [_kind(byte) for byte in value]
    changes = sum(one != other for one, other in pairwise(kinds))
    return changes >= 0.2 * (len(value) - 1) and len(set(value)) >= min(8, len(value) * 0.6)


def _kind(byte: int) -> int:
    character = chr(byte)
    return 0 if character.islower() else 1 if character.isupper() else 2 if character.isdigit() else 3
