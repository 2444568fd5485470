PYTHON ?= python3
VENV := .venv
ifeq ($(OS),Windows_NT)
BIN := $(VENV)/Scripts
else
BIN := $(VENV)/bin
endif
STAMP := $(VENV)/.installed

.PHONY: install demo check test test-all bench wheel clean

install: $(STAMP)

$(STAMP): pyproject.toml constraints.txt
	$(PYTHON) -m venv $(VENV)
	$(BIN)/pip install -q -c constraints.txt -e '.[dev]'
	touch $@

demo: install  ## track a rendered clip with the shipped weights: demo/out.csv, demo/overlay.mp4
	$(BIN)/balltrack demo --output demo -y

check: install
	$(BIN)/ruff format --check src tests
	$(BIN)/ruff check src tests
	$(BIN)/mypy
	$(BIN)/lint-imports

# A process a core, each with whole files of tests, by name: xdist's own order leaves files of a few
# long tests for the end, when one process is at work alone.
SPREAD := -n logical --maxprocesses 4 --dist loadfile --no-loadscope-reorder

test: install
	$(BIN)/pytest -m "not slow" $(SPREAD)

test-all: install
	$(BIN)/pytest $(SPREAD)

bench: install
	$(BIN)/balltrack bench

wheel: install
	$(BIN)/pip wheel --no-deps -w dist .

clean:
	rm -rf $(VENV) demo dist
