# The commands of this repository; `make help` lists them. Everything runs in its own environment, .venv.

PYTHON ?= python3.11
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready
FROM ?=
KEEP ?=
OLDER ?=
CODE ?=
MODEL ?=

# With this variable set, each process that the tests start would compile all modules again.
export PYTHONDONTWRITEBYTECODE :=

.DEFAULT_GOAL := help
.PHONY: help demo test coverage test-fast check check-api docstrings format generate check-generated update-spec api-changes peers conformance wheel bench bench-quick bench-growth bench-peers docs docs-serve notebooks recordings clean

help: ## Show this help
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):[^#]*## (.*)/  make \1\t\2/' | expand -t 26

$(READY): pyproject.toml constraints.txt
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt pip
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt --group dev --editable '.[all]'
	@touch $@

demo: $(READY) ## Run three models on this machine, without a token; MODEL=owner/name runs that one on the real API
	@$(BIN)/python examples/demo.py $(if $(MODEL),--model $(MODEL))

test: $(READY) ## Run the tests
	@$(BIN)/python -m pytest

coverage: $(READY) ## Run the tests and measure the core's branch coverage; below the figure of pyproject.toml it fails
	@$(BIN)/python -m pytest --cov --cov-config=pyproject.toml --cov-report=term

test-fast: $(READY) ## Run the unit tests: modules without I/O, in seconds
	@$(BIN)/python -m pytest tests/unit

check: $(READY) ## Check format, lint, imports, docstrings, types, the generated code and the pages
	@$(BIN)/ruff format --check .
	@$(BIN)/ruff check .
	@$(BIN)/ruff check --isolated --no-cache generated
	@$(BIN)/lint-imports
	@$(BIN)/python scripts/copy_docstrings.py --check
	@$(BIN)/pyright --pythonpath $(BIN)/python
	@$(BIN)/mypy
	@$(MAKE) --no-print-directory check-generated
	@$(BIN)/python scripts/check_docs.py

docstrings: $(READY) ## Copy docstrings from the sync half to the async half and to the module's functions
	@$(BIN)/python scripts/copy_docstrings.py

check-api: $(READY) ## Report changes of the public API since the last tag that break callers
	@$(BIN)/python scripts/check_api.py

format: $(READY) ## Format the code, and apply automatic fixes
	@$(BIN)/ruff format .
	@$(BIN)/ruff check --fix .

generate: $(READY) ## Write generated/ from spec/: the OpenAPI document, its corrections, the templates
	@$(BIN)/python scripts/generate.py

check-generated: $(READY) ## Check that generated/ is what spec/ generates: changed, missing, orphaned files
	@$(BIN)/python scripts/generate.py --check

update-spec: $(READY) ## Fetch the newest OpenAPI document (or FROM=path-or-url), install it if checks pass; KEEP=1: also with findings, OLDER=1: also an older one
	@$(BIN)/python scripts/fetch_spec.py $(if $(FROM),--from '$(FROM)') $(if $(KEEP),--keep) $(if $(OLDER),--allow-older)

api-changes: $(READY) ## Report changes between the documents OLD=... and NEW=..., which are breaking, and where in CODE=path
	@$(BIN)/python scripts/api_changes.py '$(OLD)' '$(NEW)' $(if $(CODE),--code '$(CODE)')

.peers/%/.ready: tests/peers/%.txt
	@$(PYTHON) -m venv .peers/$*
	@.peers/$*/bin/python -m pip install --quiet --disable-pip-version-check --requirement $<
	@touch $@

.peers/%/.ready: tests/conformance/%.txt
	@$(PYTHON) -m venv .peers/$*
	@.peers/$*/bin/python -m pip install --quiet --disable-pip-version-check --requirement $<
	@touch $@

NPM := npm install --ignore-scripts --no-package-lock --no-audit --no-fund --loglevel error

.peers/%/.ready: tests/peers/%/package.json
	@mkdir -p .peers/$* && cp $< .peers/$*/ && cd .peers/$* && $(NPM)
	@touch $@

.peers/%/.ready: tests/conformance/%/package.json
	@mkdir -p .peers/$* && cp $< .peers/$*/ && cd .peers/$* && $(NPM)
	@touch $@

PEERS := $(patsubst tests/peers/%.txt,%,$(wildcard tests/peers/*.txt)) $(if $(shell command -v npm),js)

peers: $(PEERS:%=.peers/%/.ready) ## Install what the tests compare with: the official client, Cog; without them those tests are skipped

conformance: $(READY) .peers/prism/.ready .peers/schemathesis/.ready ## Let Prism and Schemathesis look for deviations of the sandbox, for two minutes
	@$(BIN)/python -m pytest tests/conformance
	@$(BIN)/python tests/conformance/fuzz.py

wheel: $(READY) ## Build the wheel, install it in an empty environment, run the tests there
	@$(BIN)/python scripts/test_wheel.py

.peers/bench-%/.ready: benchmarks/peers/%.txt
	@$(PYTHON) -m venv .peers/bench-$*
	@.peers/bench-$*/bin/python -m pip install --quiet --disable-pip-version-check --requirement $<
	@touch $@

# The package that the generator makes from the published document, without our corrections and templates.
.peers/bench-naive/generated: .peers/bench-generator/.ready .peers/bench-naive/.ready spec/openapi.json
	@mkdir -p $@ && .peers/bench-generator/bin/openapi-python-client generate --overwrite --meta none \
		--path spec/openapi.json --output-path $@/replicate_api >/dev/null 2>&1
	@touch $@

# This package as users install it: a wheel and its dependencies, rebuilt when its sources change.
SOURCES := pyproject.toml constraints.txt spec/openapi.json $(shell find overlay generated -name '*.py')

.peers/bench-default/.ready .peers/bench-fast/.ready: .peers/bench-%/.ready: $(SOURCES)
	@$(PYTHON) -m venv --clear .peers/bench-$*
	@.peers/bench-$*/bin/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt '.$(if $(filter fast,$*),[fast])'
	@touch $@

BENCH_PEERS := .peers/bench-naive/generated $(patsubst benchmarks/peers/%.txt,.peers/bench-%/.ready,$(wildcard benchmarks/peers/*.txt)) \
	.peers/replicate-1.0.7/.ready .peers/bench-default/.ready .peers/bench-fast/.ready

# The clients of QUICK in benchmarks/peers.py.
QUICK := bench-server bench-httpx replicate-1.0.7 bench-floor bench-default bench-fast

bench-peers: $(BENCH_PEERS) # Create only the environments

bench: $(READY) $(BENCH_PEERS) ## Run all benchmarks beside other clients (several minutes)
	@$(BIN)/python benchmarks/run.py

bench-quick: $(READY) $(QUICK:%=.peers/%/.ready) ## Run the quick benchmarks (about a minute)
	@$(BIN)/python benchmarks/run.py --quick

bench-growth: $(READY) $(BENCH_PEERS) ## Measure how cost grows with size, and draw it
	@$(BIN)/python benchmarks/growth.py --write

MKDOCS = NO_MKDOCS_2_WARNING=1 .peers/docs/bin/mkdocs

.peers/docs/.ready: docs/requirements.txt
	@$(PYTHON) -m venv .peers/docs
	@.peers/docs/bin/python -m pip install --quiet --disable-pip-version-check --requirement $<
	@touch $@

docs: .peers/docs/.ready ## Build the documentation site in build/site; check its links, and what its search finds
	@$(MKDOCS) build --quiet --strict
	@.peers/docs/bin/python scripts/check_site.py

docs-serve: .peers/docs/.ready ## Serve the documentation site on loopback, built anew at each change
	@$(MKDOCS) serve

notebooks: $(READY) ## Execute the notebooks of the site in the sandbox, and keep their outputs
	@$(BIN)/python scripts/run_notebooks.py

recordings: $(READY) .peers/docs/.ready ## Record the command line for the site: docs/pictures/*.svg
	@.peers/docs/bin/python scripts/record_terminals.py

clean: ## Remove what these commands made
	rm -rf $(VENV) .peers dist build demo-output .pytest_cache .ruff_cache
