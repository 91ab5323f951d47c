PYTHON ?= python3
UV_VERSION := 0.13.9

BIN := .venv/bin
READY := .venv/.setup-done
RUN := $(BIN)/python

# nbgrader finds alembic on PATH
export PATH := $(CURDIR)/$(BIN):$(PATH)
export MACOSX_DEPLOYMENT_TARGET ?= 14.0
# As pip does by itself: without it, where Python may not write its cache, every start compiles torch anew.
export UV_COMPILE_BYTECODE ?= 1

# uv does not read pip's settings: hand over its folders of wheels (those that exist) and its index.
comma := ,
space := $(subst ,, )
wheels := $(foreach place,$(PIP_FIND_LINKS),$(if $(findstring ://,$(place)),$(place),$(wildcard $(place))))
ifneq ($(strip $(wheels)),)
export UV_FIND_LINKS ?= $(subst $(space),$(comma),$(strip $(wheels)))
endif
ifneq ($(PIP_INDEX_URL),)
export UV_DEFAULT_INDEX ?= $(PIP_INDEX_URL)
endif

.PHONY: help setup lab grade test e2e notebooks release site check corpus hostile bench lock clean venv

help: ## this list
	@awk -F ':.*## ' '/^[a-z0-9]+:.*## / {printf "  make %-10s %s\n", $$1, $$2}' Makefile

setup: $(READY) ## the environment in .venv (the other targets make it themselves)

lab: $(READY) ## JupyterLab, opened at the notebooks
	$(BIN)/jupyter lab --LabApp.default_url=/lab/tree/notebooks

grade: $(READY) ## grade the bundled class and print its table
	$(RUN) -m grader demo

test: $(READY) ## all tests
	$(RUN) -m pytest

e2e: $(READY) ## a student's and an instructor's day in Chromium, which must be on PATH
	$(BIN)/uv pip install --quiet --python $(RUN) -e '.[e2e]'
	$(RUN) -m pytest tests/e2e

notebooks: $(READY) ## rebuild solutions/ and notebooks/ from their sources
	$(RUN) -m grader build

release: $(READY) ## the archive that students get, in dist/
	$(RUN) -m grader release

site: $(READY) ## the released notebooks as pages, in build/site
	$(RUN) -m grader site

check: $(READY) ## style, stale notebooks, leaked solutions
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(RUN) -m grader build --check
	$(RUN) -m grader leak

corpus: $(READY) ## the wide corpus of answers
	$(RUN) -m tests.corpus

hostile: $(READY) ## attack the grader, in throw-away namespaces
	$(RUN) -m tests.hostile

bench: $(READY) ## timings
	OPENBLAS_NUM_THREADS=1 $(RUN) -m tests.bench

# Without the CUDA packages: they come with torch where its build wants them.
lock: $(READY) ## compile requirements.txt anew from pyproject.toml
	env -u UV_FIND_LINKS -u UV_EXTRA_INDEX_URL -u UV_TORCH_BACKEND $(BIN)/uv pip compile --quiet --universal --python-version 3.11 \
	  --extra lab --extra grade --extra build --extra test \
	  --no-annotate --no-header --upgrade pyproject.toml --output-file .venv/lock.txt
	{ echo '# Compiled from pyproject.toml for Python 3.11 to 3.14 on every system: make lock'; \
	  grep -v -i -E '^(nvidia-|cuda-|triton)' .venv/lock.txt; } > requirements.txt

clean: ## remove caches (.venv and class/ stay)
	rm -rf .pytest_cache .ruff_cache build dist *.egg-info
	find . -name .venv -prune -o \( -name __pycache__ -o -name .ipynb_checkpoints \) -type d -prune -exec rm -rf {} +

$(READY): requirements.txt pyproject.toml
	@$(RUN) -c 'import pip' 2>/dev/null || $(MAKE) --no-print-directory venv
	$(RUN) -m pip install --quiet --disable-pip-version-check uv==$(UV_VERSION)
	$(BIN)/uv pip install --quiet --python $(RUN) -r requirements.txt
	$(BIN)/uv pip install --quiet --python $(RUN) --no-deps -e .
	@touch $@

venv:
	@$(PYTHON) -c 'import sys; sys.exit(not (3, 11) <= sys.version_info < (3, 15))' 2>/dev/null || { \
	  echo "$(PYTHON) is missing or not Python 3.11 to 3.14. Install one and name it: make setup PYTHON=python3.12"; \
	  exit 1; } >&2
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || { \
	  echo "$(PYTHON) cannot make virtual environments. On Debian and Ubuntu: apt install python3-venv"; \
	  exit 1; } >&2
	$(PYTHON) -m venv --clear .venv
