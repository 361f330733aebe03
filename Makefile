# `make demo` and `make test` set up an environment of their own in .venv.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready
export MPLBACKEND = Agg

.PHONY: demo test lint examples docs linkcheck build bench clean

demo: $(READY)
	$(BIN)/python examples/plot_digits.py

test: $(READY)
	$(BIN)/python -m pytest

lint: $(READY)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

examples: $(READY)
	set -e; for script in examples/plot_*.py; do \
		echo "== $$script"; $(BIN)/python $$script; \
	done

# Runs every example, too, and shows it with its pictures.
docs: $(READY)
	$(BIN)/python -m sphinx -b html -W --keep-going docs docs/_build/html

linkcheck: $(READY)
	$(BIN)/python -m sphinx -b linkcheck -W --keep-going docs docs/_build/linkcheck

build: $(READY)
	rm -rf dist
	$(BIN)/python -m build

bench: $(READY)
	set -e; for script in digits japanese_vowels cmapss nottingham \
			ewt sentiment names shakespeare vocabulary streaming \
			japanese_vowels_vs_pytorch ewt_vs_pytorch \
			limits scaling footprint; do \
		echo "== $$script"; $(BIN)/python benchmarks/$$script.py; \
	done
	$(BIN)/python benchmarks/speed.py --output

$(READY): setup.cfg pyproject.toml
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --editable ".[dev]"
	touch $@

clean:
	rm -rf $(VENV) build dist output *.egg-info
	rm -rf docs/_build docs/generated docs/auto_examples
