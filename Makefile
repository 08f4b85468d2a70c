# Sightmill's front door. `make` alone lists what there is.
# Everything goes into .venv beside this file; nothing outside of the folder is touched.

# The Python to build .venv with: the first of these that is 3.11 or newer. Choose another: make demo PYTHON=python3.12
CANDIDATES := python3 python3.13 python3.12 python3.11 python
ifeq ($(origin PYTHON),undefined)
PYTHON := $(shell for p in $(CANDIDATES); do \
	$$p -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $$p && break; done)
endif

TORCH := 2.13.0
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/ready
PAGES := $(BIN)/python studio/build.py
PIP := $(BIN)/python -m pip --disable-pip-version-check

.DEFAULT_GOAL := help
.PHONY: help demo test check lint docs clean studio studio-api studio-pictures

help:  ## this list
	@echo "Sightmill: deep learning for machine vision."
	@echo
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-10s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)
	@echo
	@echo "The first of them installs Sightmill into .venv (a few minutes); after that it is quick."

demo: $(READY)  ## draws an inspection task, trains two models, writes reports under demo/ (about two minutes)
	@$(PAGES) || true
	$(BIN)/sightmill demo

test: lint studio  ## the whole test suite, with the style and type checks, and the studio in a browser
	$(BIN)/python -m pytest -n 2 --dist loadgroup --no-loadscope-reorder

check: lint studio  ## the fast part of it: style, types, and the tests that take seconds
	$(BIN)/python -m pytest -n 2 --dist loadgroup --no-loadscope-reorder -m "not slow"

lint: $(READY)  ## style (ruff, eslint) and types (mypy, tsc)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(PAGES) run types
	$(PAGES) run lint

studio: $(READY)  ## builds the studio's pages, if they are out of date
	$(PAGES)

studio-api: $(READY)  # the types of the server's answers, as TypeScript
	$(BIN)/python -m sightmill.server | $(PAGES) run api

studio-pictures: studio  # docs/images/studio: each view, light and dark (needs Chromium)
	SIGHTMILL_PYTHON=$(abspath $(BIN)/python) $(PAGES) run pictures

docs: $(READY)  ## the documentation as a web site, in site/
	NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs build --strict

clean:  ## removes .venv and everything that was built; your models and data stay
	rm -rf $(VENV) build dist site .pytest_cache .mypy_cache .ruff_cache .hypothesis
	rm -rf studio/node_modules studio/e2e/results src/sightmill/server/static
	find src tests -name __pycache__ -type d -prune -exec rm -rf {} +

# PyTorch goes first, in its processor-only build: the default build for Linux brings gigabytes of CUDA.
# (For training on an NVIDIA card see "Training on a GPU" in the README.)
$(READY): pyproject.toml constraints.txt studio/hook.py studio/build.py
	@test -n "$(PYTHON)" || { echo "Sightmill needs Python 3.11 or newer, and none was found as any of:" \
		"$(CANDIDATES). Install one, or say where it is: make PYTHON=/path/to/python3.12" >&2; exit 2; }
	@"$(PYTHON)" -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "Sightmill needs Python 3.11" \
		"or newer, and this is not: $(PYTHON). Name another: make PYTHON=/path/to/python3.12" >&2; exit 2; }
	"$(PYTHON)" -m venv $(VENV)
	@if [ "$$(uname -s)" = Linux ]; then \
		echo "installing PyTorch $(TORCH) (processor-only)"; \
		$(PIP) install -q -c constraints.txt "torch==$(TORCH)+cpu" 2>/dev/null \
		|| $(PIP) install -c constraints.txt "torch==$(TORCH)+cpu" --extra-index-url https://download.pytorch.org/whl/cpu \
		|| { echo "The processor-only PyTorch was not found; taking the default build, which is large."; \
			$(PIP) install -c constraints.txt "torch==$(TORCH)"; }; \
	else \
		$(PIP) install -c constraints.txt "torch==$(TORCH)"; \
	fi
# The studio's pages are built with Node: where there is none, Python's index has one.
	@node=$$($(PAGES) requires); test -z "$$node" || $(PIP) install -q -c constraints.txt "$$node"
	$(PIP) install -q -c constraints.txt -e ".[dev]"
	@touch $(READY)
