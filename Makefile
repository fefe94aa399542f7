# Lianshen: `make demo` shows it, `make test` proves it, `make help` lists the rest.
SHELL := /bin/sh
.DEFAULT_GOAL := help
PYTHON ?= $(shell command -v python3.11 || command -v python3)
VENV := .venv
BIN := $(VENV)/bin

.PHONY: help
help: ## this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-11s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

# Debian's python3 has no ensurepip without python3-venv; its own pip then fills the environment.
$(BIN)/pip:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	  { echo "需要 Python 3.11 或更高版本 / Python 3.11 or later is needed: make PYTHON=/path/to/python3.11 ..."; exit 1; }
	@$(PYTHON) -m venv $(VENV) >/dev/null 2>&1 || \
	  { $(PYTHON) -m venv --clear --without-pip $(VENV) && $(PYTHON) -m pip --python $(BIN)/python install -q pip; } || \
	  { rm -rf $(VENV); echo "无法创建虚拟环境，请先安装 / no virtual environment, first: apt install python3-venv"; exit 1; }

# The lock is complete, so nothing is resolved; bytecode is compiled by whoever imports it first.
$(VENV)/.stamp: requirements.lock pyproject.toml | $(BIN)/pip
	@echo "安装依赖 / installing packages ..."
	@$(BIN)/pip install -q --disable-pip-version-check --no-compile --no-deps --require-hashes -r requirements.lock
	@$(BIN)/pip install -q --disable-pip-version-check --no-compile --no-deps --no-build-isolation -e .
	@touch $@

.PHONY: install
install: $(VENV)/.stamp ## packages into .venv, each pinned by hash; page assets from their lock file
	@$(BIN)/python -m lianshen.cli.frontend

.PHONY: lock
lock: ## resolve requirements.lock anew from pyproject.toml
	@tmp=$$(mktemp -d) && trap 'rm -rf "$$tmp"' EXIT && $(PYTHON) -m venv "$$tmp" && "$$tmp/bin/pip" install -q uv && \
	  "$$tmp/bin/uv" pip compile -q --universal --generate-hashes --all-extras --no-header --no-emit-index-url \
	    pyproject.toml -o requirements.lock

.PHONY: demo
demo: install ## everything on one port (PORT=8080), data kept in .demo
	@exec $(BIN)/lianshen demo

.PHONY: demo-reset
demo-reset: install ## throw the data of the demo away
	@$(BIN)/lianshen demo-reset

.PHONY: test
test: install ## the whole suite, with a PostgreSQL, a Valkey and a browser of its own
	@.ci/install-browser
	@$(BIN)/pytest

.PHONY: fuzz
fuzz: install ## ask the API for longer what its document allows, and what it does not (ROUNDS=200)
	@LIANSHEN_FUZZ_ROUNDS=$(or $(ROUNDS),200) $(BIN)/pytest -n 0 tests/web/test_schemathesis.py

.PHONY: faults
faults: install ## kill, cut, stall and mislead everything under load, and look for what was lost (SEEDS=3 ONLY=F05,F28)
	@$(BIN)/python -m tests.faults $(or $(SEEDS),3) $(ONLY)

.PHONY: soak
soak: install ## years that pass in minutes, against a model that walks day by day (SEEDS=10 YEARS=2 SEED=1)
	@SEED=$(SEED) SEEDS=$(or $(SEEDS),$(if $(SEED),1,10)) YEARS=$(YEARS) PROJECTS=$(PROJECTS) REAL=$(REAL) \
	  nice $(BIN)/python -m tests.year

.PHONY: mutants
mutants: install ## take the guards of the code away one by one: each must turn a test red
	@$(BIN)/python -m tests.mutants $(ONLY)

.PHONY: picture
picture: install ## take README's picture anew, by the page tests
	@$(BIN)/pytest -n 0 tests/browser
	@cp test-results/desk.png tests/browser/desk.png

.PHONY: lint
lint: install ## style, types, layers
	@$(BIN)/ruff check
	@$(BIN)/ruff format --check
	@$(BIN)/mypy
	@$(BIN)/lint-imports

.PHONY: fmt
fmt: install ## put imports and layout in order
	@$(BIN)/ruff check --fix --select I
	@$(BIN)/ruff format

.PHONY: releases
releases: install ## review and publish the shipped packs anew, as the last thing before the software is released
	@rm -f tenants/*/pack-*/release.yaml
	@$(BIN)/lianshen pack review tenants/*/pack-* --by 规则审核岗 --drafter 规则起草岗 $(if $(UNTIL),--until $(UNTIL))
	@$(BIN)/lianshen pack publish tenants/*/pack-* --by 规则公布岗

.PHONY: bench
bench: install ## measure the promises on speed (SCALE=0.1 ROUNDS=3 ONLY=parts|answers|sweep|profile)
	@$(BIN)/python -m tests.bench --scale $(or $(SCALE),1) --rounds $(or $(ROUNDS),7) $(addprefix --only ,$(ONLY))
