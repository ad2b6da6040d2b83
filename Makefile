# Everything a person or CI runs. Each target sets up what it needs and is quick the second time.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMPS := .make
NOTEBOOK := notebooks/quickstart.ipynb
INSTALL := env VOICE_WIDGET_SKIP_BUNDLE=1 $(BIN)/pip install --disable-pip-version-check -c constraints.txt

# Three processes on two cores: a unit test waits for half of its time. The end-to-end tests come last, in one:
# when the front end's tests are over, which have a browser of their own.
PYTEST := $(BIN)/python -m pytest -n 3 --no-loadscope-reorder

# Else each kernel and each engine that a test starts compiles the package again, for a second and a half.
unexport PYTHONDONTWRITEBYTECODE

# The front end's tests mostly wait for sound and for frames, and leave a core to the others. Pytest ends last.
BESIDE := TESTS_BESIDE=1 $(MAKE) --no-print-directory --jobs 3

.PHONY: demo setup check test lint page unit whole e2e real seen bench build clean

demo: $(STAMPS)/demo voice_widget/static/widget.js ## talk to the agent: hello in the terminal, then JupyterLab
	@$(BIN)/python -m voice_widget hello
	@$(BIN)/python scripts/open_lab.py $(NOTEBOOK) $(STAMPS)/jupyterlab.log

setup: $(STAMPS)/dev voice_widget/static/widget.js $(STAMPS)/system $(STAMPS)/lite ## everything for development

check: setup ## lint, types and all tests but the end-to-end ones
	@$(BESIDE) lint page unit

test: setup ## every check there is; closes with pytest's own summary
	@$(BESIDE) lint page whole

lint: setup ## style and types
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	nice $(BIN)/mypy
	npm run --silent check

page: setup ## only the front end's tests
	@scripts/holding $(STAMPS)/page npm test --silent

unit: setup ## only pytest's tests, without the end-to-end ones
	$(PYTEST) -m "not e2e"

whole: setup ## only pytest's tests, all of them
	$(PYTEST)

e2e: setup ## only the end-to-end tests
	$(BIN)/python -m pytest -m e2e

real: seen ## more end-to-end tests, and what takes longer than a test may; writes docs/real.md and docs/seen.md
	VOICE_WIDGET_MEASURED=docs/real.md $(BIN)/python -m pytest -m "real and not seen"

seen: setup $(STAMPS)/real ## every front end, network and microphone, in real browsers; writes docs/seen.md
	VOICE_WIDGET_SEEN=docs/seen.md $(BIN)/python -m pytest -m seen

bench: setup ## every figure, one JSON line each
	$(BIN)/python -m benchmarks

build: setup ## sdist and wheel, with the built front end inside
	$(BIN)/python -m build

clean:
	rm -rf $(STAMPS) dist build voice_widget/static/*

# Not its python: an interrupted or refused attempt leaves that one too.
$(BIN)/pip:
	@scripts/quietly "Making a virtual environment" $(PYTHON) -m venv $(VENV)

$(STAMPS)/demo: $(BIN)/pip pyproject.toml constraints.txt | $(STAMPS)
	@scripts/quietly "Installing Python packages, voice and ears (about two minutes)" $(INSTALL) -e '.[natural]' jupyterlab
	@touch $@

$(STAMPS)/dev: $(BIN)/pip pyproject.toml constraints.txt | $(STAMPS)
	@scripts/quietly "Installing Python packages, voice and ears (about three minutes)" $(INSTALL) -e '.[natural,dev]'
	@touch $@ $(STAMPS)/demo

$(STAMPS)/lite: $(STAMPS)/dev scripts/get_pyodide.py scripts/pyodide_packages.txt
	@scripts/quietly "Getting the browser's own Python" $(BIN)/python scripts/get_pyodide.py $(STAMPS)/pyodide
	@touch $@

$(STAMPS)/real: $(STAMPS)/dev
	@scripts/quietly "Installing larger models (about a minute)" $(INSTALL) -e '.[natural,dev,real]'
	@scripts/quietly "Installing the model of smart-turn" $(INSTALL) --no-deps pipecat-ai # which else needs fifty packages
	@touch $@

$(STAMPS)/node: package.json package-lock.json | $(STAMPS)
	@scripts/quietly "Installing Node packages" npm ci
	@touch $@

voice_widget/static/widget.js: $(STAMPS)/node $(shell find js/src -type f 2>/dev/null)
	@scripts/quietly "Building the panel" npm run build

$(STAMPS)/system: scripts/system_packages | $(STAMPS)
	@scripts/system_packages
	@touch $@

$(STAMPS):
	@mkdir -p $@
