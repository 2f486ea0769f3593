# `make help` lists the targets. ARGS="…" goes on to the command of a target.

VENV := .venv/bin
LOCK := $(VENV)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes \
	--no-emit-index-url --no-emit-find-links --custom-compile-command "make lock"

# Containers often switch this off: each process that a test starts would compile Muster anew.
export PYTHONDONTWRITEBYTECODE :=

.DEFAULT_GOAL := help
.PHONY: help run demo migrate secrets test test-e2e test-faults test-neighbours soak bench bench-scim coverage \
	check lint types architecture compiled-tests asyncapi format schemas dashboards lock wheel image release \
	release-check sbom clean screenshots set-up set-up-test

help: ## Show this list
	@awk -F ':.*## ' '/^[a-z0-9-]+:.*## / { printf "  make %-15s %s\n", $$1, $$2 }' Makefile

run: set-up ## Serve api, relay and worker in one process, with a demo workspace on empty databases
	@$(VENV)/muster run --demo $(ARGS)

demo: set-up ## Play a joiner, mover and leaver the way Okta sends them, and show what changes
	@$(VENV)/muster demo $(ARGS)

migrate: set-up ## Bring the schemas of the configured databases up to date
	@$(VENV)/muster migrate $(ARGS)

secrets: ## Make the passwords for deploy/compose.yaml, once
	@python=$$(deploy/set-up.sh python) && "$$python" -m deploy.compose_secrets

# Files of tests are in memory where it has room: a disk that is busy may take seconds for a commit.
MEMORY := /dev/shm
ROOM := 4000000

# Tests wait for servers for a fifth of their time: one process more than cores uses it.
test: set-up-test ## Run the tests, on several cores; ARGS="-k okta" runs some
	@room=$$(df -P $(MEMORY) 2>/dev/null | awk 'NR == 2 { print $$4 }'); \
	if [ "$${room:-0}" -ge $(ROOM) ]; then export TMPDIR=$(MEMORY); fi; \
	PYTEST_XDIST_AUTO_NUM_WORKERS=$$(($$(getconf _NPROCESSORS_ONLN) + 1)) \
		$(VENV)/python -m pytest --numprocesses auto --maxprocesses 4 --dist worksteal $(ARGS)

# Whole files go to the next free process, in the order that tests/end_to_end/conftest.py gives.
test-e2e: set-up-test ## Run the end-to-end tests: processes of Muster, servers in containers
	@settings=$$(.ci/containers) && env MUSTER_TEST_REQUIRE_SERVICES=1 $$settings \
		$(VENV)/python -m pytest tests/end_to_end --numprocesses 3 --dist loadfile --no-loadscope-reorder $(ARGS)

# Each process has servers and a fleet of its own; rows in one process leave half of two cores idle.
# A row may be tried three times, and wait for minutes each time, until it says what was wrong.
test-faults: set-up-test ## Run the tests of faults, in processes, networks and servers in containers
	@settings=$$(.ci/containers) && env MUSTER_TEST_REQUIRE_SERVICES=1 $$settings \
		$(VENV)/python -m pytest tests/faults/distributed --numprocesses 2 --dist worksteal \
		-o faulthandler_timeout=900 $(ARGS)

# Each database has a process: between noises, a server rests, and the next one is got ready.
test-neighbours: set-up-test ## Run the tests of noise: a tenant sends the dearest requests
	@settings=$$(.ci/containers) && env MUSTER_TEST_REQUIRE_SERVICES=1 $$settings \
		$(VENV)/python -m pytest tests/neighbours --numprocesses 2 --dist loadfile $(ARGS)

screenshots: set-up-test ## Write a picture of every page of the console; ARGS="--into FOLDER"
	@$(VENV)/python -m tests.end_to_end.console.screenshots $(ARGS)

soak: set-up-test ## Let faults happen at random, bounded; ARGS="--seed 7 --faults 1000 --seconds 3000"
	@settings=$$(.ci/containers) && env $$settings $(VENV)/python -m tests.faults.soak $(ARGS)

bench: set-up-test ## Measure Muster beside bare loops; ARGS="--check --only relay", --quick, --help
	@settings=$$(.ci/containers) && env $$settings $(VENV)/python -m tests.benchmarks.bench $(ARGS)

bench-scim: set-up-test ## Measure SCIM on PostgreSQL, and its growth; ARGS=--check fails where an aim is missed
	@$(VENV)/python -m tests.benchmarks.scim_growth.bench_scim $(ARGS)

coverage: set-up-test ## Run the tests and show which branches they miss
	@$(VENV)/coverage erase
	@$(VENV)/coverage run -m pytest $(ARGS)
	@$(VENV)/coverage combine --quiet
	@$(VENV)/coverage report

check: lint types architecture ## Check all that needs no running: style, types, dependencies

lint: set-up-test ## Check style and formatting
	@$(VENV)/ruff check
	@$(VENV)/ruff format --check

types: set-up-test ## Check types
	@$(VENV)/mypy

architecture: set-up-test ## Check imports, names of files, and metrics
	@$(VENV)/lint-imports
	@$(VENV)/python -m pytest tests/architecture

# Collecting compiles the assertions of tests, which else each process of a first run does.
compiled-tests: set-up-test
	@collected=$$($(VENV)/python -m pytest --collect-only --quiet) || { echo "$$collected"; exit 1; }

asyncapi: ## Read the AsyncAPI document with AsyncAPI's own parser, which npm fetches
	@cd .ci/asyncapi && npm ci --loglevel=error >/dev/null && node check.js ../../contracts/schemas/asyncapi.json

format: set-up-test ## Format the code and mend what can be mended
	@$(VENV)/ruff format
	@$(VENV)/ruff check --fix

schemas: set-up-test ## Write the published documents of the event anew
	@$(VENV)/python -m contracts.documents

dashboards: set-up-test ## Write the dashboards of Grafana and the rules of Prometheus anew
	@$(VENV)/python -m deploy.monitoring.documents

lock: set-up-test ## Write the locks anew from pyproject.toml; ARGS=--upgrade takes newer versions
	@$(LOCK) $(ARGS) pyproject.toml --extra tracing --group build --output-file requirements.lock
	@$(LOCK) $(ARGS) pyproject.toml --extra tracing --group build --group dev \
		--constraint requirements.lock --output-file requirements-dev.lock

wheel: set-up-test ## Build the wheel of this commit, below dist/
	@$(VENV)/python -m deploy.release.wheel

image: ## Build Muster's image, with the labels of this commit (-dirty after a change); ARGS="--tag NAME"
	@docker build --file deploy/Dockerfile --build-arg REVISION=$$(git rev-parse HEAD)$$(test -z "$$(git status --porcelain)" || echo -dirty) --tag muster $(ARGS) .

release: set-up-test ## Write a version everywhere, its section of the changelog too; ARGS=1.4.0
	@$(VENV)/python -m deploy.release.begin $(ARGS)

release-check: set-up-test ## Prove that tag, version, changelog, wheel, chart and image agree; ARGS="--image NAME"
	@$(VENV)/python -m deploy.release.check $(ARGS)

sbom: set-up-test ## Write which packages Muster runs with, with hashes and licences, below build/
	@$(VENV)/python -m deploy.release.bill

clean: ## Remove .venv and caches; databases under var/ stay
	@rm -rf .venv .coverage .coverage.* .hypothesis .import_linter_cache .mypy_cache .pytest_cache \
		.ruff_cache build dist *.egg-info
	@find api worker contracts deploy tests -name __pycache__ -type d -exec rm -rf {} +

set-up:
	@deploy/set-up.sh run

set-up-test:
	@deploy/set-up.sh test
