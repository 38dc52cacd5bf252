# Calcifer as a container: see docs/install-docker.md. `docker compose build` makes it, from these files alone.
#
# BASE is a Debian or Ubuntu with Python 3.11 or newer. It is named by its tag and not by a digest: what has to stay the same (every
# Python package, every browser library) is pinned by hash in the lock files, and what has to move (security updates of Debian,
# Python, git and ssh) comes with `docker compose build --pull`. Who wants it fixed sets CALCIFER_BASE=python@sha256:…
ARG BASE=python:3.13-slim
FROM ${BASE} AS tools
# A base that has them already is left as it is, and asks nobody.
RUN command -v git >/dev/null && command -v ssh >/dev/null || { \
      apt-get update && apt-get install --yes --no-install-recommends git openssh-client && rm -rf /var/lib/apt/lists/*; }

FROM tools AS packages
RUN python3 -m venv /app
COPY requirements.lock ./
RUN /app/bin/pip install --quiet --no-cache-dir --disable-pip-version-check --require-hashes -r requirements.lock

FROM packages AS wheel
WORKDIR /src
# What builds the wheel is pinned, too: pip's isolation would fetch the newest.
COPY requirements-build.lock ./
RUN /app/bin/pip install --quiet --no-cache-dir --disable-pip-version-check --require-hashes -r requirements-build.lock
COPY pyproject.toml hatch_build.py package.json package-lock.json .npmrc README.md LICENSE ./
COPY src src
RUN /app/bin/pip wheel --quiet --no-cache-dir --disable-pip-version-check --no-deps --no-build-isolation \
      --wheel-dir /wheel .

FROM tools
# ssh and git ask who they are by number: the user is made here, with the number that owns the workspace, and with a home.
ARG UID=1000
ARG GID=1000
# A user whom the base has by that number (Ubuntu's own has 1000) gives way.
RUN [ "$UID" != 0 ] || { \
      echo "Calcifer does not run as root: CALCIFER_UID in .env is the number of the user who owns the workspace." >&2; exit 1; }; \
    taken=$(getent passwd "$UID" | cut -d: -f1); [ -z "$taken" ] || userdel "$taken" || exit; \
    { getent group "$GID" >/dev/null || groupadd --gid "$GID" calcifer; } && \
    useradd --uid "$UID" --gid "$GID" --create-home --home-dir /home/calcifer --shell /bin/sh calcifer
# Packages and Calcifer are layers of their own: a version of it adds two megabytes, not a hundred.
COPY --from=packages /app /app
COPY --from=wheel /wheel /wheel
RUN /app/bin/pip install --quiet --no-cache-dir --disable-pip-version-check --no-index --no-deps /wheel/*.whl
ENV PATH=/app/bin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin PYTHONUNBUFFERED=1 LANG=C.UTF-8
USER ${UID}:${GID}
WORKDIR /home/calcifer
EXPOSE 8000
# Whether the server answers and its database too: not only whether something runs.
HEALTHCHECK --interval=5s --timeout=5s --start-period=60s --retries=6 CMD ["python3", "-m", "calcifer.healthy"]
CMD ["calcifer", "serve"]
