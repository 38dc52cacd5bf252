# Needs python3 (3.11 or newer), git and make; everything else is installed into .venv.
PYTHON ?= python3
BIN := .venv/bin
# More for pytest: make test ARGS='-k complete -x'
ARGS ?=
FAST := -m "not lab and not browser and not bench"

.DEFAULT_GOAL := help
.PHONY: help run test check format bench lab browser docs schemas assets lock environment environment-dev python

help: ## list the targets
	@sed -n 's/^\([a-z]*\):.*## /\1\t/p' Makefile | expand -t 12

run: environment ## install what is needed and start Calcifer (CALCIFER_HOME, CALCIFER_HOST, CALCIFER_PORT)
	@exec $(BIN)/calcifer serve

test: environment-dev ## the fast suite; on PostgreSQL with CALCIFER_TEST_DATABASE_URL=postgresql+psycopg://…
	$(BIN)/python -m pytest -n 3 $(FAST) $(ARGS)

check: environment-dev ## what CI runs besides the tests: linter, format, types, layers, conventions
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports --no-logo
	$(BIN)/python -m pytest -q tests/test_conventions.py tests/test_one_verb.py tests/test_docs.py

format: environment-dev ## let ruff rewrite what it can
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

bench: environment-dev ## measure, and compare with the budgets
	$(BIN)/python -m bench $(ARGS)

lab: environment-dev ## tests against real hosts in namespaces of this machine: Docker, compose, ssh; as root
	@[ "$$(id -u)" = 0 ] || { echo "make lab makes hosts of namespaces and mounts on this machine: run it as root."; exit 1; }
	$(BIN)/python -m pytest -n 2 --dist loadfile -m lab tests/lab $(ARGS)

browser: environment-dev ## journeys in real Chromium
	$(BIN)/python -m pytest -n 2 -m browser $(ARGS)

docs: environment-dev ## check the documentation: every link leads somewhere
	$(BIN)/python -m pytest -q tests/test_docs.py

schemas: environment-dev ## write the JSON schemas in docs/schemas anew
	PYTHONPATH=src $(BIN)/python -m calcifer.services.intent > docs/schemas/service.schema.json

assets: environment-dev ## build the browser libraries and icons into src/calcifer/kit/web/static/vendor
	$(BIN)/python hatch_build.py

lock: environment-dev ## write the lock files anew, with the newest versions that pyproject.toml allows
	$(LOCK) --upgrade --output-file requirements.lock pyproject.toml
	$(LOCK) --upgrade --extra dev --constraint requirements.lock --output-file requirements-dev.lock pyproject.toml
	$(LOCK) --upgrade --group build --constraint requirements-dev.lock --output-file requirements-build.lock

# They hold for every Python that we support, and name no index.
LOCK = $(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header

environment: python
	@$(PYTHON) scripts/environment.py run

environment-dev: python
	@$(PYTHON) scripts/environment.py dev

python:
	@command -v $(PYTHON) >/dev/null || { echo "There is no $(PYTHON) here: install Python 3.11 or newer, or name yours: make run PYTHON=python3.12"; exit 1; }
