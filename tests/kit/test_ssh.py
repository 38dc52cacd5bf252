"""Hosts by ssh: what is a target, which key a host shows, and what happens where that is another one."""

import subprocess
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from calcifer.kit.errors import Conflict, Invalid, Unavailable
from calcifer.kit.ssh import (
    Host,
    KeyChanged,
    Pin,
    Refused,
    fingerprint,
    known_keys,
    offered_key,
    read_target,
    running,
)
from calcifer.kit.ssh.scripts import command
from tests.sshd import Sshd

OTHER = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIMo2VmnCSNvJ7D9q5oEg3v4tgVL0E1l4B3zvN1r3yq9a"


@pytest.fixture
def host(sshd: Sshd) -> Host:
    """The same for ssh."""
    return Host("127.0.0.1", port=sshd.port)


def key_of(sshd: Sshd) -> str:
    """The key that the server has."""
    return " ".join(sshd.known_hosts.read_text().split()[1:3])


def pinned(host: Host, tmp_path: Path, key: str) -> Host:
    """The host with a key that it has to show."""
    file = tmp_path / "our known_hosts%h"
    file.write_text(f"alpha.pinned {key}\n")
    return replace(host, pin=Pin("alpha.pinned", file))


def ran(host: Host) -> bytes:
    """What a small script says."""
    with running(host, "echo here", seconds=20, most_bytes=100) as reader:
        return reader.read()


@pytest.mark.parametrize(
    ("target", "host"),
    [
        ("nas", Host("nas")),
        (" ada@NAS.lan ", Host("NAS.lan", "ada")),
        ("ssh://ada@nas:2222", Host("nas", "ada", 2222)),
        ("ssh://[fe80::1]:22/", Host("fe80::1", None, 22)),
        ("fe80::1", Host("fe80::1")),
    ],
)
def test_a_target(target: str, host: Host) -> None:
    assert read_target(target) == host


@pytest.mark.parametrize(
    "target",
    [
        "", "-oProxyCommand=id", "ada@-oProxyCommand=id", "-l@nas", "nas;id", "nas id", "nas\nid", "nas:22", "@nas", "ada@",
        "ssh://-oProxyCommand=id", "ssh://nas/etc", "ssh://ada:pw@nas", "ssh://nas:99999", "ssh://", "http://nas", "$(id)",
        "na\x1bs",
    ],
)  # fmt: skip
def test_what_is_no_target(target: str) -> None:
    with pytest.raises(Invalid, match="Give it as for ssh"):
        read_target(target)


@given(st.text(max_size=60))
def test_no_target_becomes_an_option(target: str) -> None:
    try:
        host = read_target(target)
    except Invalid:
        return
    assert not host.name.startswith("-")
    assert command(host)[-3:-1] == ["--", host.name]


def test_a_host_says_its_key_without_a_sign_in(sshd: Sshd, host: Host) -> None:
    keys = sshd.authorized_keys.read_text()
    try:
        sshd.authorized_keys.write_text("")
        assert offered_key(host) == key_of(sshd)
    finally:
        sshd.authorized_keys.write_text(keys)
    with pytest.raises(Unavailable, match="cannot be reached by ssh"):
        offered_key(Host("127.0.0.1", port=1))


def test_the_fingerprint_is_that_of_ssh(sshd: Sshd) -> None:
    said = subprocess.run(["ssh-keygen", "-lf", sshd.known_hosts], capture_output=True, text=True, check=True).stdout
    assert said.split()[1] == fingerprint(key_of(sshd))
    for wrong in ("", "ssh-ed25519", "ssh-ed25519 AAAA\nx", "ssh-ed25519 " + "A" * 21):
        with pytest.raises(Invalid):
            fingerprint(wrong)


def test_what_ssh_knows_already(sshd: Sshd, host: Host) -> None:
    assert known_keys(host) == {key_of(sshd)}
    assert known_keys(Host("elsewhere")) == set()


def test_a_pinned_key_is_the_only_one_that_counts(sshd: Sshd, host: Host, tmp_path: Path) -> None:
    assert ran(pinned(host, tmp_path, key_of(sshd))) == b"here\n"
    with pytest.raises(KeyChanged) as changed:
        ran(pinned(host, tmp_path, OTHER))
    assert changed.value.shown == fingerprint(key_of(sshd))
    none = pinned(host, tmp_path, OTHER)
    assert none.pin
    none.pin.file.write_text("")
    with pytest.raises(KeyChanged):
        ran(none)


def test_the_pinned_key_of_another_kind_is_another_key(sshd: Sshd, host: Host, tmp_path: Path) -> None:
    subprocess.run(["ssh-keygen", "-q", "-t", "ecdsa", "-N", "", "-f", tmp_path / "other"], check=True)
    with pytest.raises(KeyChanged):
        ran(pinned(host, tmp_path, " ".join((tmp_path / "other.pub").read_text().split()[:2])))


def test_a_file_that_ssh_cannot_be_told_of(host: Host, tmp_path: Path) -> None:
    with pytest.raises(Conflict, match="cannot be told"):
        ran(replace(host, pin=Pin("alpha", tmp_path / 'a"b')))


def test_without_a_key_of_ours_it_is_refused_and_nothing_is_learnt(sshd: Sshd, host: Host, tmp_path: Path) -> None:
    before, keys = sshd.known_hosts.read_text(), sshd.authorized_keys.read_text()
    try:
        sshd.authorized_keys.write_text("")
        with pytest.raises(Refused, match="does not let this user in"):
            ran(pinned(host, tmp_path, key_of(sshd)))
    finally:
        sshd.authorized_keys.write_text(keys)
    assert sshd.known_hosts.read_text() == before
