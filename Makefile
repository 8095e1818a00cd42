# Everything a fresh machine with Python 3.11 or newer and make needs.
#
#   make demo            the article's example, end to end
#   make test            lint, types, and the whole suite with coverage
#   make PYTHON=python3.12 test      with another interpreter
#
# Each target installs what it needs into .venv first; that is done once, and
# again only when pyproject.toml or the interpreter changes.

SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
# One recipe at a time: the targets share .venv, and a mixed output helps nobody.
.NOTPARALLEL:

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PIP := -m pip install --quiet --disable-pip-version-check
EXTRAS := io,plot,pandas,polars,sql,onnx,tables,optax,peers,dev
PYTEST_ARGS ?=
BENCH_ARGS ?=
# Which build of each to train with. On Linux a bare `torch` brings the CUDA libraries,
# some gigabytes; a version of which there is a CPU build does not.
TORCH ?= torch
TENSORFLOW ?= tensorflow

# "3.11.7", or nothing when there is no such interpreter.
PYTHON_VERSION := $(shell $(PYTHON) -c 'import platform; print(platform.python_version())' 2>/dev/null)
STAMP := $(VENV)/.installed-$(PYTHON_VERSION)

# The newest Python here: on the path, or among pyenv's, whose shims answer only
# for the versions that are switched on.
PYENV_ROOT ?= $(HOME)/.pyenv
NEWEST = $(shell for v in 3.15 3.14 3.13 3.12 3.11; do \
	for p in python$$v "$(PYENV_ROOT)"/versions/$$v.*/bin/python; do \
	"$$p" -c '' 2>/dev/null && echo "$$p" && exit; done; done; echo $(PYTHON))

# Generated parts of the documentation: each file is what a command prints.
DOCS := docs/accuracy-table.md docs/accuracy-peers.md docs/images/celsius.png

.PHONY: help
help:
	@echo "make install        set up .venv ($(PYTHON); choose another with PYTHON=...)"
	@echo "make demo           the article's example: table, celsius.html"
	@echo "make test           lint, types, tests with coverage (PYTEST_ARGS=... goes to pytest)"
	@echo "make lint           ruff and mypy; make format repairs what ruff can"
	@echo "make bench          the benchmarks, as Markdown tables"
	@echo "make bench-moments  what is asked of the moments beside peers; bench-memory: peaks"
	@echo "make bench-losses   glm, quantile, descent, nonlinear and more beside peers"
	@echo "make performance    all of that anew in docs/performance.md, on a quiet machine"
	@echo "make docs           regenerate $(DOCS)"
	@echo "make verify         thousands of hard problems against exact arithmetic; some minutes"
	@echo "make test-sanitize  the compiled kernel's tests with AddressSanitizer"
	@echo "make r-references   R from Debian, and what it says of the test data, anew"
	@echo "make test-slow      what takes long to compile: derivatives, descents; some minutes"
	@echo "make test-newest    the suite on the newest Python and libraries here"
	@echo "make test-oldest    the suite on the oldest dependencies allowed"
	@echo "make test-torch     really train with PyTorch; test-tensorflow with TensorFlow"
	@echo "make browser        install Chromium with apt, for the tests of the page"
	@echo "make clean          remove what make made"

# --- set-up ---------------------------------------------------------------------

.PHONY: install
install: $(STAMP)
	@:

# $(call check-python,INTERPRETER)
define check-python
	@"$(1)" -c '' 2>/dev/null || { \
	  echo "make: there is no Python called '$(1)'. Name one: make PYTHON=/path/to/python3.11"; \
	  exit 1; }
	@"$(1)" -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
	  echo "make: $$("$(1)" --version) is too old, leastwise needs 3.11 or newer. Name one: make PYTHON=/path/to/python3.11"; \
	  exit 1; }
endef

# $(call make-venv,INTERPRETER,FOLDER): made anew when it belongs to another version.
define make-venv
	@want=$$("$(1)" -c 'import platform; print(platform.python_version())'); \
	have=$$($(2)/bin/python -c 'import platform; print(platform.python_version())' 2>/dev/null || true); \
	if [ "$$want" != "$$have" ]; then \
	  echo "make: setting up $(2) with Python $$want"; \
	  "$(1)" -m venv --clear $(2) || { \
	    echo "make: no virtual environment could be made; on Debian: apt-get install python3-venv"; \
	    exit 1; }; \
	fi
endef

# Installing compiles the fold, where there is a C compiler.
$(STAMP): pyproject.toml build_kernel.py hatch_build.py $(wildcard src/leastwise/moments/native/*.[ch])
	$(call check-python,$(PYTHON))
	$(call make-venv,$(PYTHON),$(VENV))
	@echo "make: installing leastwise[$(EXTRAS)]; the first time takes some minutes"
	@$(BIN)/python $(PIP) -e '.[$(EXTRAS)]'
	@rm -f $(VENV)/.installed-* && touch $@

.PHONY: browser
browser:
	@if command -v chromium >/dev/null; then echo "make: chromium is here"; else \
	  echo "make: installing Debian's chromium with apt-get (needs root)"; \
	  for try in 1 2; do \
	    apt-get update -qq && apt-get install -y -qq chromium chromium-driver >/dev/null && break; \
	    [ $$try = 1 ] || exit 1; \
	  done; fi

# --- use ------------------------------------------------------------------------

.PHONY: demo
demo: install
	@$(BIN)/leastwise demo

# --- judge ----------------------------------------------------------------------

define run-lint
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
endef

.PHONY: lint
lint: install
	$(run-lint)

.PHONY: format
format: install
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

# A file of tests stays in one of the two processes: what it compiles, it compiles once.
IN_TWO := -n 2 --dist loadfile

# pytest comes last, so that its closing line is the last line.
.PHONY: test
test: install
	$(run-lint)
	$(BIN)/python -m pytest $(IN_TWO) -m "not slow" --cov --cov-report=term $(PYTEST_ARGS)

# Derivatives against differences, descents to the end: minutes of compiling.
.PHONY: test-slow
test-slow: install
	$(BIN)/python -m pytest -m slow $(PYTEST_ARGS)

# What the digits claim, against exact arithmetic; rewrites the table in docs/accuracy.md.
.PHONY: verify
verify: install
	$(BIN)/python -m tests.verify.run docs/accuracy.md

# The compiled kernel's tests with a build that watches every access to memory.
.PHONY: test-sanitize
test-sanitize: install
	$(BIN)/python -m tests.sanitize.run $(PYTEST_ARGS)

# Every scoring expression of SQL, asked of a PostgreSQL of its own. With root it
# installs Debian's package where there is none.
.PHONY: test-postgres
test-postgres: install
	@ls /usr/lib/postgresql/*/bin/initdb >/dev/null 2>&1 || \
	  { apt-get update -qq && apt-get install -y -qq postgresql >/dev/null; }
	$(BIN)/python -m tests.databases.postgres

# What R says, anew: R and its packages from Debian, then every script of tests/data/r.
# make_refs.R makes data and models; the others, make_*.R, read those data.
R_DATA := tests/data/r
R_PACKAGES := r-base-core r-cran-sandwich r-cran-lmtest r-cran-car r-cran-mass \
	r-cran-quantreg r-cran-glmnet r-cran-clubsandwich r-cran-survey r-cran-jsonlite \
	r-cran-nnet r-cran-survival

.PHONY: r-references
r-references:
	@dpkg -s $(R_PACKAGES) >/dev/null 2>&1 || { \
	  echo "make: installing R and packages of it with apt-get (needs root; some minutes)"; \
	  apt-get update -qq && apt-get install -y -qq --no-install-recommends $(R_PACKAGES) >/dev/null; }
	Rscript $(R_DATA)/make_refs.R $(R_DATA)/made
	mv $(R_DATA)/made/public/* $(R_DATA)/ && rmdir $(R_DATA)/made/public $(R_DATA)/made
	@for script in $(filter-out %/make_refs.R,$(wildcard $(R_DATA)/make_*.R)); do \
	  echo "Rscript $$script $(R_DATA)"; Rscript $$script $(R_DATA) || exit 1; done
	@echo "make: wrote $(R_DATA); last digits differ between machines, the tests allow for it"

.PHONY: test-newest
test-newest: CHOSEN := $(NEWEST)
test-newest:
	$(call check-python,$(CHOSEN))
	$(call make-venv,$(CHOSEN),.venv-newest)
	.venv-newest/bin/python $(PIP) --upgrade --upgrade-strategy eager -e '.[$(EXTRAS)]'
	.venv-newest/bin/python -c 'import sys, jax, numpy; print("Python", sys.version.split()[0], "jax", jax.__version__, "numpy", numpy.__version__)'
	.venv-newest/bin/python -m pytest $(PYTEST_ARGS)

.PHONY: test-oldest
test-oldest:
	$(call check-python,$(PYTHON))
	$(call make-venv,$(PYTHON),.venv-oldest)
	.venv-oldest/bin/python tests/compat/oldest.py > .venv-oldest/oldest.txt
	cat .venv-oldest/oldest.txt
	.venv-oldest/bin/python $(PIP) --upgrade --upgrade-strategy eager -e '.[$(EXTRAS)]' -c .venv-oldest/oldest.txt
	.venv-oldest/bin/python -m pytest $(PYTEST_ARGS)

# $(call test-heavy,LIBRARY,REQUIREMENT): in an environment of its own, for its size.
define test-heavy
	$(call check-python,$(PYTHON))
	$(call make-venv,$(PYTHON),.venv-$(1))
	.venv-$(1)/bin/python $(PIP) '$(2)'
	.venv-$(1)/bin/python $(PIP) -e '.[$(1),$(EXTRAS)]'
	.venv-$(1)/bin/python -c 'import $(1); print("$(1)", $(1).__version__)'
	.venv-$(1)/bin/python -m pytest -m peers_heavy tests $(PYTEST_ARGS)
endef

.PHONY: test-torch
test-torch:
	$(call test-heavy,torch,$(TORCH))

.PHONY: test-tensorflow
test-tensorflow:
	$(call test-heavy,tensorflow,$(TENSORFLOW))

# --- show -----------------------------------------------------------------------

.PHONY: bench
bench: install
	@for f in benchmarks/{nist_peers,speed,startup}.py; do \
	  echo "## $$f"; $(BIN)/python $$f; done

# Beside the peers of benchmarks/requirements.txt, in an environment of their own.
define with-peers
	$(call check-python,$(PYTHON))
	$(call make-venv,$(PYTHON),.venv-bench)
	@.venv-bench/bin/python $(PIP) -r benchmarks/requirements.txt -e .
endef

.PHONY: bench-moments
bench-moments:
	$(with-peers)
	@.venv-bench/bin/python -m benchmarks.moments $(BENCH_ARGS)

.PHONY: bench-memory
bench-memory:
	$(with-peers)
	@.venv-bench/bin/python -m benchmarks.memory $(BENCH_ARGS)

# Losses and models beside peers; BENCH_ARGS goes to each.
.PHONY: bench-losses
bench-losses:
	$(with-peers)
	@for f in glm quantile many descent nonlinear_peers batch; do \
	  .venv-bench/bin/python -m benchmarks.$$f $(BENCH_ARGS); done

.PHONY: performance
performance:
	$(with-peers)
	@for f in moments memory robust growth jit; do \
	  .venv-bench/bin/python -m benchmarks.$$f --write; done

.PHONY: docs $(DOCS)
docs: install $(DOCS)

# Written beside and renamed, so that a command that fails leaves the old file.
docs/accuracy-table.md:
	@$(BIN)/leastwise check-accuracy --markdown > $@.part && mv $@.part $@
	@echo "make: wrote $@"

docs/accuracy-peers.md:
	@$(BIN)/python benchmarks/nist_peers.py > $@.part && mv $@.part $@
	@echo "make: wrote $@"

docs/images/celsius.png:
	@$(BIN)/leastwise demo --png $@ --page $(VENV)/celsius.html >/dev/null
	@echo "make: wrote $@"

.PHONY: clean
clean:
	rm -rf .venv .venv-newest .venv-oldest .venv-torch .venv-tensorflow .venv-bench
	rm -rf build dist .coverage htmlcov .hypothesis .mypy_cache .pytest_cache .ruff_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
