# All tasks of the project; `make` lists them. They need only Python 3.11 or later, make and git.

PYTHON ?= $(firstword $(foreach p,python3.13 python3.12 python3.11 python3,$(shell \
	$(p) -c 'import ensurepip, sys; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1 \
	&& echo $(p))))
VENV ?= .venv
BIN := $(VENV)/bin
BENCH_VENV := .venv-bench
MUTANTS_VENV := .venv-mutants
LOWEST_VENV := .venv-lowest
PIP := $(BIN)/python -m pip --quiet --disable-pip-version-check
IN_TWO := --numprocesses=auto --maxprocesses=2 --dist=loadgroup
TYPED := telnyx_recordings test $(wildcard templates/*.py) templates/conformance templates/contract templates/measure templates/runtime templates/spec_diff docs/make_site.py docs/make_picture.py docs/examples

# Without it, pip may choose an old version that it cannot build for the newest Python.
export PIP_ONLY_BINARY ?= pydantic-core

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PHONY: demo test generate generate-check measure conformance spec-diff lint types unit coverage docs picture \
	browser fuzz torture mutants lowest bench bench-scale build clean help

help:  ## list the targets
	@sed -nE 's/^([a-z-]+):.*## */\1\t/p' $(firstword $(MAKEFILE_LIST)) | expand -t 18

demo: $(VENV)/demo.stamp  ## list, download and archive recordings of a local Telnyx
	@$(BIN)/python docs/examples/demo.py

test: lint types generate-check coverage  ## all checks except `browser`; .ci/run runs both

# With SPEC, OUT and PACKAGE, it generates a package from another contract: see docs/generating.md.
# STRICT=1 refuses a contract with mistakes, instead of a warning.
OTHER := $(if $(SPEC)$(OUT)$(PACKAGE),--spec="$(SPEC)" --out="$(OUT)" --package="$(PACKAGE)") \
	$(if $(STRICT),--strict)

generate: $(VENV)/dev.stamp  ## generate models, api and docs/reference from openapi.yaml
	@echo "generate: $(if $(SPEC),$(OUT),telnyx_recordings/models, telnyx_recordings/api, docs/reference)"
	@$(BIN)/python templates/generate.py $(OTHER)

measure: $(VENV)/dev.stamp  ## generate from SPEC=path; count type errors and exact round trips
	@echo "measure: $(SPEC)"
	@PYTHONPATH=templates $(BIN)/python -m measure "$(SPEC)"

# The other generators and Prism (with Node.js) are installed in build/conformance. Takes an hour
# for thirty documents of real services.
conformance: $(VENV)/dev.stamp  ## generate from all of CONTRACTS=folder; writes docs/conformance.md
	@echo "conformance: docs/conformance.md"
	@PYTHONPATH=templates $(BIN)/python -m conformance "$(CONTRACTS)" \
		--tools=build/conformance --write=docs/conformance.md

generate-check: $(VENV)/dev.stamp  ## fail, with a diff, if the generated files are out of date
	@echo "generate-check: the committed files match openapi.yaml"
	@$(BIN)/python templates/generate.py --check

# As in `make spec-diff OLD=v0.1.0`, or OLD=old.json NEW=new.yaml FORMAT=json FAIL_ON=breaking.
spec-diff: $(VENV)/dev.stamp  ## report what a change of the contract means for users: OLD=… NEW=…
	@PYTHONPATH=templates $(BIN)/python -m spec_diff "$(or $(OLD),HEAD)" "$(or $(NEW),openapi.yaml)" \
		$(if $(FORMAT),--format="$(FORMAT)") $(if $(FAIL_ON),--fail-on="$(FAIL_ON)") \
		$(if $(CURRENT_VERSION),--from-version="$(CURRENT_VERSION)")

lint: $(VENV)/dev.stamp  ## ruff check, ruff format, validity of openapi.yaml
	@echo "lint: ruff check, ruff format, openapi-spec-validator"
	@$(BIN)/ruff check --quiet
	@$(BIN)/ruff format --check --quiet
	@$(BIN)/openapi-spec-validator openapi.yaml

types: $(VENV)/dev.stamp  ## mypy and basedpyright in strict mode; completeness of public types
	@echo "types: mypy --strict, basedpyright, basedpyright --verifytypes; also of programs in docs"
	@$(BIN)/mypy $(TYPED) benchmarks
	@$(BIN)/basedpyright --pythonpath $(BIN)/python $(TYPED)
	@PYTHONPATH=test/support $(BIN)/python test/typing/programs.py
	@# It finds the package with the first python on the path, and ignores --pythonpath.
	@PATH="$(abspath $(BIN)):$$PATH" $(BIN)/basedpyright --verifytypes telnyx_recordings \
		--ignoreexternal >$(VENV)/verifytypes.txt \
		|| { grep -A 2 error: $(VENV)/verifytypes.txt; exit 1; }

unit: $(VENV)/dev.stamp  ## all tests, including those of the built wheel
	@echo "unit: pytest"
	@$(BIN)/pytest $(IN_TWO)

# Measuring coverage takes a quarter longer than `unit`: 195 s instead of 158 s on two busy cores.
coverage: $(VENV)/dev.stamp  ## all tests; requires 100 % branch coverage of core, 95 % in total
	@echo "coverage: pytest, measured in all processes"
	@rm -rf build/coverage
	@$(BIN)/coverage run -m pytest $(IN_TWO)
	@$(BIN)/coverage combine --quiet
	@echo "coverage: core, at least 100 %"
	@$(BIN)/coverage report --include='telnyx_recordings/core/*' --fail-under=100 \
		--skip-covered --show-missing
	@echo "coverage: the whole, at least 95 %"
	@$(BIN)/coverage report --fail-under=95 --skip-covered --show-missing

docs: $(VENV)/docs.stamp  ## build the docs site in build/site; fail on broken links
	@echo "docs: build/site"
	@$(BIN)/python docs/make_site.py

picture: $(VENV)/dev.stamp  ## record the commands of the README in docs/images/terminal.svg
	@echo "picture: docs/images/terminal.svg"
	@$(BIN)/python docs/make_picture.py

browser: $(VENV)/dev.stamp  ## test every page of the site in an installed Chromium
	@echo "browser: pytest test/browser, with $${CHROME:-the Chromium found in PATH}"
	@$(BIN)/pytest $(IN_TWO) test/browser

fuzz: $(VENV)/dev.stamp  ## fuzz all parsers with 100,000 inputs (minutes, not in `test`)
	@echo "fuzz: new random inputs, at least 100,000"
	@$(BIN)/pytest --numprocesses=2 --hypothesis-profile=fuzz \
		test/unit/core/test_hostile_input.py test/unit/webhooks/test_hostile_input.py

torture: $(VENV)/dev.stamp  ## kill archives at 500 random times (minutes, not in `test`)
	@echo "torture: SIGKILL at 500 random moments"
	@TORTURE_KILLS=500 TORTURE_EVERY_STEP=1 $(BIN)/pytest test/torture

# All groups take about twenty minutes of CPU time, of which deletion takes six.
# GROUPS="retry audio" runs only some.
mutants: $(MUTANTS_VENV)/mutants.stamp  ## mutation tests of retries, audio and deletion
	@echo "mutants: $(or $(GROUPS),all groups of test/mutation/run.py)"
	@$(MUTANTS_VENV)/bin/python test/mutation/run.py $(GROUPS)

lowest: $(LOWEST_VENV)/lowest.stamp  ## unit and CLI tests with the lowest versions of all dependencies
	@echo "lowest: pytest, with the versions of test/lowest.txt"
	@$(LOWEST_VENV)/bin/pytest $(IN_TWO) test/unit test/functional/cli

bench: $(BENCH_VENV)/bench.stamp  ## run the benchmarks (minutes); writes docs/benchmarks.md
	@echo "bench: docs/benchmarks.md; best on an idle machine"
	@$(BENCH_VENV)/bin/python -m benchmarks --write docs/benchmarks.md

bench-scale: $(BENCH_VENV)/bench.stamp  ## measure large archives (minutes); updates docs/benchmarks.md
	@echo "bench-scale: the last part of docs/benchmarks.md"
	@$(BENCH_VENV)/bin/python -m benchmarks browse scale --write docs/benchmarks.md

build: $(VENV)/dev.stamp  ## build wheel and sdist in dist/
	@echo "build: wheel and sdist into dist/"
	@# A date from the environment would be written to both, and change their bytes.
	@env -u SOURCE_DATE_EPOCH $(BIN)/python -m build --no-isolation --outdir=dist

clean:  ## remove the environments and all files written by tools
	@echo "clean: environments, dist, caches"
	@rm -rf $(VENV) $(BENCH_VENV) $(MUTANTS_VENV) $(LOWEST_VENV) build dist .hypothesis .mypy_cache .pytest_cache .ruff_cache .cache
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +

$(BIN)/python:
	@test -n "$(PYTHON)" || { echo "no Python 3.11 with venv found: make PYTHON=…" >&2; exit 1; }
	@echo "venv: $(VENV), with $(PYTHON)" >&2
	@$(PYTHON) -m venv $(VENV)

# Two steps, so that the demo does not install the tools of developers.
$(VENV)/demo.stamp: pyproject.toml | $(BIN)/python
	@echo "venv: the package, with the dependencies of the sandbox" >&2
	@$(PIP) install --editable '.[sandbox]'
	@touch $@

$(VENV)/dev.stamp: $(VENV)/demo.stamp
	@echo "venv: all extras and the developers' tools" >&2
	@$(PIP) install 'pip>=25.1'  # the first with dependency groups
	@$(PIP) install --editable '.[archive,async,browse,cli,dask,sandbox,webhooks]' --group dev
	@touch $@

$(VENV)/docs.stamp: $(VENV)/demo.stamp
	@echo "venv: the generator of the docs site" >&2
	@$(PIP) install 'pip>=25.1'  # the first with dependency groups
	@$(PIP) install --group docs
	@touch $@

# The packages to compare with have their own environment, separate from the developers'.
$(BENCH_VENV)/bench.stamp: pyproject.toml benchmarks/requirements.txt
	@test -n "$(PYTHON)" || { echo "no Python 3.11 with venv found: make PYTHON=…" >&2; exit 1; }
	@echo "venv: $(BENCH_VENV), with $(PYTHON) and the peers" >&2
	@$(PYTHON) -m venv $(BENCH_VENV)
	@$(BENCH_VENV)/bin/python -m pip --quiet --disable-pip-version-check install \
		--editable . --requirement benchmarks/requirements.txt
	@touch $@

# Without the generator, the type checkers and other tools that these tests do not need.
$(MUTANTS_VENV)/mutants.stamp: pyproject.toml
	@test -n "$(PYTHON)" || { echo "no Python 3.11 with venv found: make PYTHON=…" >&2; exit 1; }
	@echo "venv: $(MUTANTS_VENV), with $(PYTHON) and mutmut" >&2
	@$(PYTHON) -m venv $(MUTANTS_VENV)
	@$(MUTANTS_VENV)/bin/python -m pip --quiet --disable-pip-version-check install 'pip>=25.1'
	@$(MUTANTS_VENV)/bin/python -m pip --quiet --disable-pip-version-check install \
		--editable '.[archive,async,browse,cli,sandbox,webhooks]' --group mutants
	@touch $@

# A test compares test/lowest.txt with the bounds in pyproject.toml.
$(LOWEST_VENV)/lowest.stamp: pyproject.toml test/lowest.txt
	@test -n "$(PYTHON)" || { echo "no Python 3.11 with venv found: make PYTHON=…" >&2; exit 1; }
	@echo "venv: $(LOWEST_VENV), with $(PYTHON) and the lowest versions" >&2
	@$(PYTHON) -m venv $(LOWEST_VENV)
	@$(LOWEST_VENV)/bin/python -m pip --quiet --disable-pip-version-check install 'pip>=25.1'
	@$(LOWEST_VENV)/bin/python -m pip --quiet --disable-pip-version-check install \
		--editable '.[archive,async,browse,cli,dask,sandbox,webhooks]' --group runners \
		--constraint test/lowest.txt
	@touch $@
