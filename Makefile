# Every target uses the environment at .venv, or the one that is given: make test PYTHON=python
PYTHON ?= .venv/bin/python
JOBS ?= auto

.PHONY: test lint types walls units fast readme rule clean

test: lint types walls units

lint:
	$(PYTHON) -m ruff check .

types:
	$(PYTHON) -m mypy
	$(PYTHON) -m pyright --pythonpath $(PYTHON)

walls:
	$(PYTHON) -c "from importlinter.cli import lint_imports_command; lint_imports_command()"

units:
	$(PYTHON) -m pytest -n $(JOBS) --dist worksteal

# without the tests that make environments and repositories
fast:
	$(PYTHON) -m pytest -n $(JOBS) -m "not slow"

# rewrites what is generated: the README's finding and rule table, examples/README.md, what torch says to each rule's example
readme:
	$(PYTHON) -m tests.generate

# a new rule of this package that works as it stands, with its cases: make rule CODE=SG210 NAME=some-name
rule:
	$(PYTHON) -m tests.new_rule "$(CODE)" "$(NAME)"
	$(PYTHON) -m shapeguard rule --prove "$(CODE)"

clean:
	rm -rf build dist *.egg-info .mypy_cache .pytest_cache .ruff_cache .hypothesis
