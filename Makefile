# Everything this project does on a machine that has Python 3.11 or later, git and make.
# The environment lives in .venv and holds exactly what requirements/*.txt lock by hash.

PYTHON ?= python3.13 python3.12 python3.11 python3
FIRST_USER ?= you@example.com
HOST ?= 127.0.0.1
PORT ?= 8000
DATA_DIR ?= tokenhouse-data
TESTS ?= tests
JOBS ?= 3
AT_ONCE := --numprocesses $(JOBS) --dist loadfile --no-loadscope-reorder
FUZZ_SECONDS ?= 5
MUTATION ?=
BENCH ?=

BIN := .venv/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check --no-input install --quiet
LOCK := env -u UV_FIND_LINKS $(BIN)/uv pip compile --quiet --no-config --universal \
	--python-version 3.11 --generate-hashes --no-annotate --custom-compile-command "make lock"

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.NOTPARALLEL:
.PHONY: help run test test-postgresql test-matrix check format lint types imports docs site screenshots faults canary bench bench-check newcomer flood timing fuzz mutation package package-smoke sbom deploy-check security-lint lock clean

help:  ## show this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "make %-15s  %s\n", $$1, $$2 }' Makefile

run: .venv/run .venv/package  ## start the service here (FIRST_USER, HOST, PORT, DATA_DIR)
	@exec $(BIN)/tokenhouse serve --host "$(HOST)" --port "$(PORT)" \
		--data-dir "$(DATA_DIR)" --first-user "$(FIRST_USER)"

test: .venv/dev .venv/package  ## run the tests (TESTS=tests/protocol for a part)
	$(BIN)/python -m pytest $(TESTS) $(AT_ONCE)

test-postgresql: .venv/dev .venv/package  ## run everything on PostgreSQL too
	$(BIN)/python -m pytest $(TESTS) $(AT_ONCE) --database postgresql

test-matrix: .venv/dev .venv/package  ## run everything on both databases with one worker and with two: an hour
	for database in sqlite postgresql; do for workers in 1 2; do \
		echo "$$database, $$workers worker(s)"; \
		$(BIN)/python -m pytest $(TESTS) $(AT_ONCE) --database $$database --workers $$workers || exit 1; \
	done; done

check: lint types imports site test fuzz  ## everything that must hold before a change lands

format: .venv/dev .venv/package  ## lay out the code and mend what the linter can mend
	$(BIN)/ruff format
	$(BIN)/ruff check --fix

lint: .venv/dev .venv/package  ## layout and every lint rule
	$(BIN)/ruff format --check
	$(BIN)/ruff check

types: export PYRIGHT_PYTHON_IGNORE_WARNINGS = 1
types: .venv/dev .venv/package  ## mypy and pyright, both strict
	$(BIN)/mypy
	$(BIN)/pyright

imports: .venv/dev .venv/package  ## who may import whom
	$(BIN)/lint-imports --no-logo

docs: .venv/dev .venv/package  ## write the generated pages anew (tests hold them current)
	$(BIN)/python -m tests.cli.settings_page
	$(BIN)/python -m pytest --collect-only --quiet --write-conformance

site: .venv/dev .venv/package  ## build the documentation site in build/site; a warning is an error
	$(BIN)/python -m tests.pages.site build/pages
	$(BIN)/zensical build --strict

screenshots: .venv/dev .venv/package  ## take a picture of every console page into build/screenshots
	mkdir -p build/screenshots
	SCREENSHOTS=build/screenshots $(BIN)/python -m pytest tests/console/test_looks.py -p no:randomly

faults: .venv/dev .venv/package  ## break things on purpose, the long form, with its figures
	LONG=1 $(BIN)/python -m pytest tests/faults --database both -s --timeout 3600 -p no:randomly

canary: .venv/dev .venv/package  ## run the tests at log level debug; then look for each secret in all that is left
	$(BIN)/python -m pytest $(TESTS) $(AT_ONCE) --canary build/canary

bench: .venv/dev .venv/package  ## speed beside the ceilings of the same run: an hour (BENCH=--quick: three minutes)
	$(BIN)/python -m bench.suite $(BENCH)

bench-check: .venv/dev .venv/package  ## has it become slower than bench/baseline.json? by hand, before a release
	$(BIN)/python -m bench.guard

newcomer: .venv/dev .venv/package  ## clone this anew and go the README's two minutes, with a watch
	$(BIN)/python -m bench.newcomer

flood: .venv/dev .venv/package  ## wrong passwords and slow senders from hundreds of addresses: does it hold?
	$(BIN)/python -m bench.flood

timing: .venv/dev .venv/package  ## can a stranger learn from how long a refusal takes?
	$(BIN)/python -m bench.timing

fuzz: .venv/dev .venv/package  ## throw octets at every reader (FUZZ_SECONDS=600 for longer)
	$(BIN)/python -m fuzz.run --seconds $(FUZZ_SECONDS)

mutation: .venv/dev .venv/package  ## do the tests notice a changed line? docs/mutation.md (MUTATION="--only oauth/")
	$(BIN)/python -m mutation.run $(MUTATION)

package: .venv/run  ## wheels and sdists of service and SDK in dist/, built twice: the same octets or nothing
	rm -rf build/package dist && mkdir -p build/package dist
	$(BIN)/hatchling build -t sdist -t wheel -d $(CURDIR)/build/package/here
	cd sdk && $(abspath $(BIN))/hatchling build -t sdist -t wheel -d $(CURDIR)/build/package/here
	for sdist in build/package/here/*.tar.gz; do \
		tar -xzf "$$sdist" -C build/package && \
		cd "build/package/$$(basename "$$sdist" .tar.gz)" && \
		$(abspath $(BIN))/hatchling build -t sdist -t wheel -d $(CURDIR)/build/package/there && \
		cd $(CURDIR) || exit 1; \
	done
	cd build/package/here && for one in *; do cmp "$$one" "../there/$$one" || exit 1; done
	cp build/package/here/* dist/ && sha256sum dist/*

package-smoke: package  ## the main job by the wheel alone, in a new environment: serve, a token, the doctor
	$(BIN)/python -m tests.package_smoke dist/tokenhouse-*.whl requirements/run.txt

sbom: export PYTHONWARNINGS = ignore
sbom: .venv/dev  ## dist/tokenhouse.cdx.json: what the service is made of (CycloneDX)
	mkdir -p dist
	$(BIN)/cyclonedx-py requirements --pyproject pyproject.toml --mc-type application \
		--output-reproducible -o dist/tokenhouse.cdx.json requirements/run.txt

deploy-check: .venv/deploy .venv/package  ## validate deploy/ and .github/ (needs nginx, promtool, systemd)
	$(BIN)/python -m tests.deploy.check

# What bandit calls low, ruff's S rules hold line by line in `make lint`. No semgrep: its rules come from
# its own registry at run time, and no package that carries some for Python is maintained by their makers.
security-lint: .venv/dev .venv/package  ## bandit on the programs, zizmor on the workflows
	$(BIN)/bandit --quiet --recursive --severity-level medium src sdk/src
	$(BIN)/zizmor --quiet --offline .github

lock: .venv/dev  ## resolve requirements/*.txt anew (LOCK_FLAGS=--upgrade for newer releases)
	$(LOCK) $(LOCK_FLAGS) --all-extras --group pyproject.toml:dev pyproject.toml sdk/pyproject.toml -o requirements/dev.txt
	$(LOCK) --group build -c requirements/dev.txt pyproject.toml -o requirements/run.txt
	$(LOCK) --extra otel --extra postgresql -c requirements/dev.txt pyproject.toml -o requirements/image.txt
	$(LOCK) --group pyproject.toml:deploy -c requirements/dev.txt -o requirements/deploy.txt

clean:  ## remove the environment and every cache, never a database
	rm -rf .venv .coverage* .hypothesis .import_linter_cache .mypy_cache .pytest_cache .ruff_cache build dist
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

# pip comes last into a new environment: one that has it is whole.
$(BIN)/pip:
	@for python in $(PYTHON); do \
		if $$python -c 'import ensurepip, sys, venv; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then \
			echo "making .venv with $$python"; rm -rf .venv; exec $$python -m venv .venv; \
		fi; \
	done; \
	echo "no Python >= 3.11 with its venv module among: $(PYTHON) (try make PYTHON=/path/to/python, or install python3-venv)" >&2; exit 1

.venv/run: requirements/run.txt | $(BIN)/pip
	@echo "installing what the service needs: requirements/run.txt"
	@$(PIP) --require-hashes --only-binary :all: -r $<
	@touch $@

.venv/dev: requirements/dev.txt sdk/pyproject.toml | $(BIN)/pip
	@echo "installing what the checks need too (some minutes the first time): requirements/dev.txt"
	@$(PIP) --require-hashes --only-binary :all: -r $<
	@$(PIP) --no-deps --no-build-isolation --editable sdk
	@touch $@ .venv/run

.venv/deploy: requirements/deploy.txt .venv/dev
	@echo "installing what looks at the manifests: requirements/deploy.txt"
	@$(PIP) --require-hashes --only-binary :all: -r $<
	@touch $@

.venv/package: pyproject.toml | $(BIN)/pip
	@$(PIP) --no-deps --no-build-isolation --editable .
	@touch $@
