# `make run` and `make test` need nothing but a Python 3.12 or newer; see `make help`.
.DEFAULT_GOAL := help
.PHONY: help run training test docs pictures handbook figures components lint format setup setup-dev requirements messages vendor bundle bench bench-rush bench-all faults clean
PY := .venv/bin/python

help: ## Show this list
	@sed -n 's/^\([a-z-]*\):.*## /\1\t/p' Makefile | while IFS="$$(printf '\t')" read -r name words; do printf '  make %-14s %s\n' "$$name" "$$words"; done

run: setup ## Try the portal: its own PostgreSQL, the simulated platforms, sample content. PORT=8000 SIMULATOR_PORT=8100
	@exec $(PY) scripts/run.py

training: setup ## A training installation on this machine: own keys and database, the simulator alone. PORT=8200 SIMULATOR_PORT=8300
	@exec $(PY) scripts/run.py training

test: setup-dev ## Everything CI asks: house checks, then all tests on PostgreSQL, Redis and Chromium. ARGS="-k name" CLOCK=+40d
	@exec $(PY) scripts/test.py $(ARGS)

docs: setup-dev ## The documents as one site with a search, into var/docs; a link that leads nowhere fails
	@$(PY) scripts/docs.py

pictures: setup-dev ## The pictures of README.md, of the portal that `make run` shows in another window. PORT=8000
	@$(PY) scripts/pictures.py

handbook: setup-dev ## The pictures of the guides, into static/help, from the pages as they are
	@HANDBOOK_PICTURES=static/help exec $(PY) scripts/test.py tests/handbook

lint: setup-dev ## House checks alone: style, templates, types, layers, catalogue
	@exec $(PY) scripts/lint.py

figures: setup-dev ## Figures of the code, to compare with an earlier checkout. OF=folder
	@$(PY) scripts/figures.py $(OF)

components: setup-dev ## A bill of materials into var/components.json, and which of it has known holes
	@mkdir -p var && $(PY) scripts/components.py list var/components.json && $(PY) scripts/components.py audit var/components.json

format: setup-dev ## Let ruff and djangofmt put imports and layout in order
	@.venv/bin/ruff check --quiet --fix-only .
	@.venv/bin/ruff format .
	@.venv/bin/djangofmt templates

setup: ## Make .venv with what the portal needs to run
	@scripts/setup

setup-dev: ## Make .venv with what tests need on top
	@scripts/setup dev

requirements: ## Pin again after an edit of requirements*.in (UPGRADE=1 takes newer versions)
	@scripts/requirements $(if $(UPGRADE),--upgrade)

messages: setup ## Bring the Vietnamese catalogue up to what the code says; then fill what is empty
	@$(PY) scripts/messages.py update

vendor: setup-dev ## Rebuild static/vendor from scripts/vendor, and the bundles (needs Node and npm)
	@$(PY) scripts/vendor.py && $(PY) scripts/bundle.py

bundle: setup-dev ## Put scripts and style sheets together after an edit of them (needs Node and npm)
	@$(PY) scripts/bundle.py

bench-rush: setup-dev ## Thousands of posts due at one second, beside a bare loop and a naive project. ARGS="--sizes 3321 3319x5"
	@exec $(PY) -m benchmarks.rush $(ARGS)

bench: setup-dev ## One of the other benchmarks: make bench OF=claims, cards, composer, leaks, links, recall, pause, crash, neighbours or training
	@exec $(PY) -m benchmarks.$(or $(OF),claims) $(ARGS)

bench-all: setup-dev ## All of them, one after the other; some twenty minutes
	@exec $(PY) -m benchmarks $(ARGS)

faults: setup-dev ## Publish under faults on servers of its own, and check what residents saw. N=2000 SEED=1
	@exec $(PY) -m tests.faults --n $(or $(N),2000) --seed $(or $(SEED),1) $(ARGS)

clean: ## Remove what can be made again. Keeps var/, the try-out's data
	rm -rf .venv staticfiles .pytest_cache .mypy_cache .ruff_cache .import_linter_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
	find locale -name '*.mo' -delete
