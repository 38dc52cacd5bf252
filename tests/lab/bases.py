"""Base images without a registry: the files of a few installed Debian packages and of what they need, for `docker import`."""

import hashlib
import sys
import tarfile
from collections.abc import Iterable
from pathlib import Path

from tests.lab.machines import Host, run

ROOT = Path(__file__).parents[2]
CACHE = Path("/var/tmp/calcifer-lab-bases")  # noqa: S108 -- as root, and made by root alone
ALWAYS = (
    "base-files",
    "base-passwd",
    "bash",
    "coreutils",
    "dash",
    "findutils",
    "grep",
    "libc-bin",
    "passwd",
    "sed",
    "util-linux",
)
FOR_CALCIFER = ("libstdc++6", "python3", "python3-venv", "git", "openssh-client", "ca-certificates", "netbase")
FOR_WIREGUARD = ("wireguard-tools", "wireguard-go", "iproute2", "iptables", "procps")
# Where pip looks instead of an index; a folder of the base.
WHEELS = "/wheels"
EMPTY = ("tmp", "var/tmp", "root", "home", "run", "proc", "sys", "dev")
ETC = {
    "etc/passwd": "root:x:0:0:root:/root:/bin/sh\n",
    "etc/group": "root:x:0:\n",
    "etc/shadow": "root:*:19000:0:99999:7:::\n",
    "etc/nsswitch.conf": "passwd: files\ngroup: files\nshadow: files\nhosts: files dns\n",
}


def packages_of(names: Iterable[str]) -> list[str]:
    """Return these packages and what they depend on, as far as it is installed."""
    said = run(
        *("apt-cache", "depends", "--recurse", "--installed", "--no-recommends", "--no-suggests", "--no-conflicts"),
        *("--no-breaks", "--no-replaces", "--no-enhances", *names),
    ).stdout.decode()
    found = sorted({line for line in said.splitlines() if line[:1].isalnum()})
    status = (
        run("dpkg-query", "--show", "--showformat", "${Package} ${db:Status-Status}\n").stdout.decode().splitlines()
    )
    return [name for name in found if f"{name} installed" in status]


def files_of(names: Iterable[str]) -> list[str]:
    """Return what Debian's own list says that these packages have put there."""
    listed = run("dpkg-query", "--listfiles", *packages_of(names)).stdout.decode().splitlines()
    apart = ("/usr/share/doc/", "/usr/share/man/", "/usr/share/locale/", "/usr/share/info/")
    paths = {line for line in listed if line.startswith("/") and line != "/." and not line.startswith(apart)}
    # Links that an installation made: python3 → python3.11 is listed, alternatives and usr-merge are not.
    paths |= {
        "/bin",
        "/sbin",
        "/lib",
        "/lib64",
        "/usr/sbin/iptables",
        "/etc/alternatives",
        "/etc/ssl/certs/ca-certificates.crt",
    }
    paths |= {str(path) for path in Path("/etc/alternatives").iterdir()}
    # As the links of the top lead: /bin/sh is /usr/bin/sh here.
    paths = {f"{Path(path).parent.resolve()}/{Path(path).name}".replace("//", "/") for path in paths}
    return sorted(path for path in paths if Path(path).is_symlink() or Path(path).exists())


def packed(name: str, packages: Iterable[str], also: Iterable[tuple[str, Path]] = ()) -> Path:
    """Return the archive `name` of a root with these packages, and with folders `also` at places of their own."""
    CACHE.mkdir(mode=0o700, exist_ok=True)
    listed, folders = files_of([*ALWAYS, *packages]), list(also)
    shown = "\n".join([*listed, *(f"{place} {file}" for place, at in folders for file in sorted(at.rglob("*")))])
    made = CACHE / f"{name}-{hashlib.sha256(shown.encode()).hexdigest()[:16]}.tar"
    if made.exists():
        return made
    part, own = made.with_suffix(".part"), {*ETC, *EMPTY, *(place for place, _ in folders)}
    with tarfile.open(part, "w") as tar:
        for path in listed:
            if path[1:] not in own:
                tar.add(path, recursive=False)
        for place, folder in folders:
            tar.add(folder, place)
        for place in EMPTY:
            entry = tarfile.TarInfo(place)
            entry.type, entry.mode = tarfile.DIRTYPE, 0o1777 if place.endswith("tmp") else 0o755
            tar.addfile(entry)
        for place, text in ETC.items():
            entry = tarfile.TarInfo(place)
            entry.size = len(text)
            with (part.with_suffix(".etc")).open("w+b") as file:
                file.write(text.encode())
                file.seek(0)
                tar.addfile(entry, file)
    part.with_suffix(".etc").unlink()
    part.rename(made)
    return made


def wheels() -> Path:
    """Return a folder with every package of the lock files, asked for once and kept."""
    locks = [ROOT / "requirements.lock", ROOT / "requirements-build.lock"]
    made = CACHE / f"wheels-{hashlib.sha256(b''.join(lock.read_bytes() for lock in locks)).hexdigest()[:16]}"
    if not made.exists():
        part = made.with_suffix(".part")
        pip = [sys.executable, "-m", "pip", "download", "--quiet", "--disable-pip-version-check", "--dest", str(part)]
        for lock in locks:
            run(*pip, "--require-hashes", "--requirement", lock)
        (part / "pip.conf").write_text(f"[global]\nno-index = true\nfind-links = {WHEELS}\n")
        part.rename(made)
    return made


def for_calcifer(host: Host, name: str = "lab-base:1") -> None:
    """Load what Calcifer's image is built on: it asks no index, and has the browser libraries already."""
    CACHE.mkdir(mode=0o700, exist_ok=True)
    run(sys.executable, ROOT / "hatch_build.py")
    vendor = "src/calcifer/kit/web/static/vendor"
    at = wheels()
    also = [(WHEELS[1:], at), (f"src/{vendor}", ROOT / vendor), ("etc/pip.conf", at / "pip.conf")]
    load(host, packed("calcifer", FOR_CALCIFER, also), name)


def load(host: Host, archive: Path, name: str) -> None:
    """Import an archive into a host's engine."""
    shared = host.lab.share / archive.name
    if not shared.exists():
        shared.write_bytes(archive.read_bytes())
    path = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
    host.ssh(f"docker import -c 'ENV PATH={path}' /mnt/{archive.name} {name}")
