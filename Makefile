# make app    the app, with the synthetic demonstration, in a browser
# make test   lint, types and all tests
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
WORKSPACE ?= workspace
PORT ?= 8501
ADDRESS ?= localhost
# Named one by one: a user's workspace may lie beside them.
CODE := app.py pages scx_core tests benchmarks
# glibc keeps freed memory, waiting threads sleep (scx_core/memory.py)
TUNED := MALLOC_MMAP_THRESHOLD_=4294967296 MALLOC_TRIM_THRESHOLD_=8589934592 OMP_WAIT_POLICY=PASSIVE

.PHONY: app setup test lint types unit test-fuzz test-real bench pictures demo-weights clean

$(BIN)/python:
	$(PYTHON) -c 'import sys; sys.exit("Python 3.11 or newer is needed, this is " + sys.version.split()[0] if sys.version_info < (3, 11) else 0)'
	$(PYTHON) -m venv $(VENV)

$(VENV)/.app: requirements.txt pyproject.toml | $(BIN)/python
	$(BIN)/pip install --quiet --disable-pip-version-check -r requirements.txt
	$(BIN)/pip install --quiet --disable-pip-version-check --no-deps --editable .
	touch $@

$(VENV)/.dev: requirements-dev.txt $(VENV)/.app
	$(BIN)/pip install --quiet --disable-pip-version-check -r requirements-dev.txt
	touch $@

# All that `make app` does before it opens the app.
setup: $(VENV)/.app
	@test -d $(WORKSPACE)/models/demo || $(BIN)/python -m scx_core --workspace $(WORKSPACE) demo

app: setup
	SCX_WORKSPACE=$(WORKSPACE) $(TUNED) $(BIN)/streamlit run scx_core/ui/server.py \
		--server.address $(ADDRESS) --server.port $(PORT) --server.headless false --server.showEmailPrompt false

test: lint types unit

lint: $(VENV)/.dev
	$(BIN)/ruff check $(CODE)
	$(BIN)/ruff format --check $(CODE)

types: $(VENV)/.dev
	$(BIN)/mypy

unit: $(VENV)/.dev
	sh tests/browser/install_chromium.sh
	$(TUNED) $(BIN)/python -m pytest -m "not slow and not fuzz" --numprocesses auto --maxprocesses 4 --dist loadfile

# Many damaged files of every format, with another seed each day.
test-fuzz: $(VENV)/.dev
	$(TUNED) $(BIN)/python -m pytest -m fuzz

test-real: $(VENV)/.dev
	$(TUNED) $(BIN)/python -m pytest -m "real or slow"

bench: $(VENV)/.dev
	$(BIN)/python -m benchmarks

# The browser tests take pictures of all pages; those that the documents show are renewed.
pictures: $(VENV)/.dev
	rm -rf build/pictures
	SCX_SCREENSHOTS=build/pictures $(TUNED) $(BIN)/python -m pytest -q tests/browser
	for picture in docs/img/*.png; do \
		taken=build/pictures/$${picture#docs/img/}; \
		if test -f $$taken; then cp $$taken $$picture; fi; \
	done

demo-weights: $(VENV)/.app
	$(TUNED) $(BIN)/python -m scx_core.demo.train_weights

clean:
	rm -rf $(VENV) build *.egg-info .pytest_cache .mypy_cache .ruff_cache .hypothesis
