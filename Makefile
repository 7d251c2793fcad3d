# Two commands: `make run` opens the app on the demo dataset, `make test` runs everything. Both install what the lock names.
PYTHON ?= python3
VENV ?= .venv
NEWEST ?= .venv-newest
BIN := $(VENV)/bin
LOCK := requirements.lock
EXTRAS := .[dev,api,cohere,llm,flag,openvino]

.PHONY: run test check screenshots lock test-newest clean

run: $(VENV)/.installed
	$(BIN)/rerank-lens

test: $(VENV)/.installed-dev check
	$(BIN)/python -m pytest

check: $(VENV)/.installed-dev
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy

# the README's pictures: three people's stories, driven in a browser
screenshots: $(VENV)/.installed-dev
	RERANK_LENS_SCREENSHOTS=tests/screenshots RERANK_LENS_REQUIRE_BROWSER=1 $(BIN)/python -m pytest tests/e2e/test_three_stories.py

# the newest versions that the ranges of pyproject.toml allow, in an environment of their own
$(NEWEST)/.installed: pyproject.toml
	rm -rf $(NEWEST)
	$(PYTHON) -m venv $(NEWEST)
	$(NEWEST)/bin/python -m pip install -q -e "$(EXTRAS)"
	@touch $@

# is the next break in sight? Run it before `make lock`
test-newest:
	rm -f $(NEWEST)/.installed
	$(MAKE) $(NEWEST)/.installed
	$(NEWEST)/bin/python -m pytest

# torch without the build's name ("+cpu"): the same lock holds where pip takes a CPU build from disk and where it takes CUDA's
lock:
	rm -f $(NEWEST)/.installed
	$(MAKE) $(NEWEST)/.installed
	(echo "# The versions that were tested, as pip's constraints. Made by \`make lock\`; do not edit."; \
	 echo "# A package that is not named here (CUDA libraries) is bound exactly by torch's own requirements."; \
	 $(NEWEST)/bin/python -m pip freeze --exclude-editable | sed -n 's/^\([A-Za-z0-9._-]*==[^+ ]*\).*/\1/p') > $(LOCK)

$(VENV)/bin/python:
	$(PYTHON) -m venv $(VENV)

$(VENV)/.installed: pyproject.toml $(LOCK) | $(VENV)/bin/python
	$(BIN)/python -m pip install -q -c $(LOCK) -e .
	@touch $@

$(VENV)/.installed-dev: pyproject.toml $(LOCK) | $(VENV)/bin/python
	$(BIN)/python -m pip install -q -c $(LOCK) -e "$(EXTRAS)"
	@touch $@ $(VENV)/.installed

clean:
	rm -rf $(VENV) $(NEWEST) dist *.egg-info
