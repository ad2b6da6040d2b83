# Everything a person or CI runs. Each target sets up what it needs and is quick the second time.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMPS := .make
NOTEBOOK := notebooks/quickstart.ipynb
LAB_FLAGS := $(if $(filter 0,$(shell id -u)),--allow-root) $(if $(DISPLAY)$(WAYLAND_DISPLAY),,$(if $(filter Darwin,$(shell uname)),,--no-browser))

.PHONY: demo setup check test e2e bench build clean

demo: $(STAMPS)/demo voice_widget/static/widget.js ## talk to the agent: hello in the terminal, then JupyterLab
	$(BIN)/python -m voice_widget hello
	$(BIN)/jupyter lab $(LAB_FLAGS) $(NOTEBOOK)

setup: $(STAMPS)/dev voice_widget/static/widget.js $(STAMPS)/system ## everything for development

check: setup ## lint, types and all tests but the end-to-end ones
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	npm run --silent check
	npm test --silent
	$(BIN)/python -m pytest -m "not e2e"

test: setup ## every check there is; closes with pytest's own summary
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	npm run --silent check
	npm test --silent
	$(BIN)/python -m pytest

e2e: setup ## only the end-to-end tests
	$(BIN)/python -m pytest -m e2e

bench: setup ## every figure, one JSON line each
	$(BIN)/python -m benchmarks

build: setup ## sdist and wheel, with the built front end inside
	$(BIN)/python -m build

clean:
	rm -rf $(STAMPS) dist build voice_widget/static/widget.js

$(BIN)/python:
	$(PYTHON) -m venv $(VENV)

$(STAMPS)/demo: $(BIN)/python pyproject.toml constraints.txt | $(STAMPS)
	VOICE_WIDGET_SKIP_BUNDLE=1 $(BIN)/pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[local]' jupyterlab
	touch $@

$(STAMPS)/dev: $(BIN)/python pyproject.toml constraints.txt | $(STAMPS)
	VOICE_WIDGET_SKIP_BUNDLE=1 $(BIN)/pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[local,dev]'
	touch $@ $(STAMPS)/demo

$(STAMPS)/node: package.json package-lock.json | $(STAMPS)
	npm ci --no-audit --no-fund --silent
	touch $@

voice_widget/static/widget.js: $(STAMPS)/node $(shell find js/src -type f 2>/dev/null)
	npm run --silent build

$(STAMPS)/system: scripts/system_packages | $(STAMPS)
	scripts/system_packages
	touch $@

$(STAMPS):
	mkdir -p $@
