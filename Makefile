# make serve   run the desk on http://127.0.0.1:8477
# make test    run every test, on both engines
# The rest is listed by `make help`.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check --quiet
LOCK := uv pip compile --universal --python-version 3.11 --generate-hashes --no-header --no-emit-index-url --quiet

.DEFAULT_GOAL := help
.PHONY: help install serve test check torture bench bench-reads bench-pages bench-causes bench-client screenshots lock wheel client-wheel clean

help:
	@grep -E '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 12

install: $(VENV)/.run ## install what the desk needs, into .venv

serve: $(VENV)/.run ## run the desk; the first start shows an admin token
	@$(BIN)/snaglist serve

test: $(VENV)/.dev ## run every test, on SQLite and on PostgreSQL
	$(BIN)/python -m pytest -n 3 --dist worksteal $(ARGS)

check: $(VENV)/.dev ## style, types, and which room may import which
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/mypy --config-file client/pyproject.toml
	$(BIN)/lint-imports --no-cache

torture: $(VENV)/.dev ## the long forms of the kill, power-cut and full-disk tests
	SNAGLIST_TORTURE=full $(BIN)/python -m pytest -m torture --timeout=7200 $(ARGS)

bench: $(VENV)/.dev ## measure, and print the README's figures
	$(BIN)/python -m bench $(ARGS)

bench-reads: $(VENV)/.dev ## measure every list, search and summary at 1,000,000 records
	$(BIN)/python -m bench reads $(ARGS)

bench-pages: $(VENV)/.dev ## measure every page at 1,000,000 records, and what open pages cost
	$(BIN)/python -m bench pages $(ARGS)

bench-causes: $(VENV)/.bench ## measure how well and how fast records are grouped
	$(BIN)/python -m bench.causes $(ARGS)

bench-client: $(VENV)/.dev ## measure what the client costs its host
	$(BIN)/python -m bench.client $(ARGS)

screenshots: $(VENV)/.dev ## pictures of every page, light, dark and on a phone, into dist/screenshots
	$(BIN)/python front/screenshots.py dist/screenshots

lock: ## write requirements/*.txt anew (needs uv)
	$(LOCK) pyproject.toml -o requirements/run.txt $(ARGS)
	$(LOCK) --group build -c requirements/run.txt -o requirements/build.txt $(ARGS)
	$(LOCK) --group node -o requirements/node.txt $(ARGS)
	$(LOCK) --group bench -o requirements/bench.txt $(ARGS)
	$(LOCK) pyproject.toml --group build --group test --group check -c requirements/run.txt -c requirements/build.txt -o requirements/dev.txt $(ARGS)

wheel: $(VENV)/.run ## build a wheel into dist/
	$(BIN)/python -m pip --disable-pip-version-check wheel --no-deps --no-build-isolation -w dist .

client-wheel: $(VENV)/.run ## build the client's wheel into dist/
	$(BIN)/python -m pip --disable-pip-version-check wheel --no-deps --no-build-isolation -w dist ./client

clean: ## remove what was installed and built
	rm -rf $(VENV) dist front/node_modules src/snaglist/api/static/vendor

$(VENV)/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
	  || { echo "Snaglist needs Python 3.11 or newer; name one with: make PYTHON=python3.12"; exit 1; }
	@$(PYTHON) -m venv $(VENV) \
	  || { rm -rf $(VENV); echo "Python's venv module is incomplete; on Debian: apt install python3-venv"; exit 1; }

$(VENV)/.run: $(VENV)/bin/python requirements/run.txt requirements/build.txt requirements/node.txt pyproject.toml front/package-lock.json front/build_hook.py
	$(PIP) install --require-hashes -r requirements/run.txt -r requirements/build.txt
	@command -v npm >/dev/null || $(PIP) install --require-hashes -r requirements/node.txt
	$(PIP) install --no-deps --no-build-isolation -e .
	@touch $@

$(VENV)/.dev: $(VENV)/.run requirements/dev.txt
	$(PIP) install --require-hashes -r requirements/dev.txt
	@touch $@

$(VENV)/.bench: $(VENV)/.dev requirements/bench.txt
	$(PIP) install --require-hashes -r requirements/bench.txt
	@touch $@
