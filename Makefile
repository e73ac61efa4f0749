# `make help` lists what there is. Needs Python 3.11 or newer, make, and nothing else of ours.
.DEFAULT_GOAL := help
SHELL := /bin/sh
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
SETUP := $(VENV)/.setup
OLDEST := .venv-oldest/.setup
CHROMIUM ?= /usr/bin/chromium-headless-shell
LOCK := $(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes \
	--no-emit-index-url --no-header --no-annotate --upgrade
# Where pip was told to look, uv looks too.
ifdef PIP_INDEX_URL
export UV_DEFAULT_INDEX ?= $(PIP_INDEX_URL)
endif

# Compiled anew at each start, our libraries cost two seconds of it; what is compiled stays in .venv and here.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: help setup run check test e2e bench torture fmt clean openapi permissions matrix wheel lock frontend tools

help: ## List the targets
	@sed -n 's/^\([a-z0-9]*\):.*## /\1\t/p' $(MAKEFILE_LIST) | expand -t 10

# Get what is missing of a list of Debian's packages, each with a file it brings, where that is ours to do.
define install_missing
for each in $(1); do test -e "$${each#*:}" || missing="$$missing $${each%:*}"; done; \
 test -z "$$missing" || { test "$$(id -u)" = 0 && command -v apt-get >/dev/null \
 && apt-get update -qq -o Acquire::Retries=0 -o Acquire::http::Timeout=20 \
 && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $$missing >/dev/null; } || true
endef

# What python-ldap is built with: there is no wheel of it for Linux.
HEADERS = gcc:/usr/bin/gcc libldap2-dev:/usr/include/ldap.h libsasl2-dev:/usr/include/sasl/sasl.h \
	python3-dev:$(shell $(PYTHON) -c 'import sysconfig; print(sysconfig.get_path("include"))')/Python.h

setup: $(SETUP) $(OLDEST) ## Make .venv from the hashed requirement files; again only when they change

$(SETUP): requirements/uv.txt requirements/dev.txt requirements/ldap.txt pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null \
	 || { echo "make: $(PYTHON) is not Python 3.11 or newer: make PYTHON=/path/to/python3.11 …" >&2; exit 1; }
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV) \
	 || { rm -rf $(VENV); echo "make: Python's venv is missing; on Debian: apt-get install python3-venv" >&2; exit 1; }
	@$(call install_missing,$(HEADERS))
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/uv.txt
	@VIRTUAL_ENV=$(VENV) $(BIN)/uv pip sync --quiet --require-hashes requirements/uv.txt requirements/dev.txt
	@VIRTUAL_ENV=$(VENV) $(BIN)/uv pip install --quiet --require-hashes -r requirements/ldap.txt 2>$(VENV)/ldap.log \
	 || { echo "make: python-ldap does not build here ($(VENV)/ldap.log; Debian: apt-get install gcc python3-dev" \
	  "libldap2-dev libsasl2-dev; then rm $@ and again): LDAP and its tests are left out" >&2; test "$$CI" != true; }
	@VIRTUAL_ENV=$(VENV) $(BIN)/uv pip install --quiet --no-deps --no-build-isolation --editable .
	@touch $@

# What the recorder promises to run with at least: the corpus is replayed there, too.
$(OLDEST): requirements/replay-1.18.txt | $(SETUP)
	@$(BIN)/uv venv --quiet --clear --python $(BIN)/python $(@D)
	@VIRTUAL_ENV=$(@D) $(BIN)/uv pip sync --quiet --require-hashes $<
	@touch $@

frontend: $(SETUP)
	@$(BIN)/python -m inspector_app.frontend_build

run: $(SETUP) ## Start everything on one port: server, embedded Temporal, sample agents
	@exec $(BIN)/inspector demo

check: $(SETUP) ## Lint, format, types, layers
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/basedpyright
	$(BIN)/lint-imports

# Debian's package and the file it brings, for what the tests run against.
TOOLS := chromium-headless-shell:$(CHROMIUM) nginx-light:/usr/sbin/nginx prometheus:/usr/bin/promtool slapd:/usr/sbin/slapd \
	simplesamlphp:/usr/share/simplesamlphp/www php-cli:/usr/bin/php \
	$(foreach each,xml mbstring curl sqlite3,php-$(each):/usr/share/doc/php-$(each))

tools:
	@$(call install_missing,$(TOOLS))
	@for each in $(TOOLS); do test -x "$${each#*:}" || { missing=1; \
	 echo "make: $${each#*:} is missing (Debian: $${each%:*}): the tests that need it are left out" >&2; }; done; \
	 test -z "$$missing" || test "$$CI" != true

# Databases of tests in memory, where there is room: half of their time was waiting for a disk.
ROOM := $(shell df -Pk /dev/shm 2>/dev/null | awk 'NR == 2 && $$4 > 3000000 { print "/dev/shm" }')

test: frontend tools $(OLDEST) ## Every test; without a Chromium all but the browser's. COVERAGE=1 tells what they reach
	@$(if $(ROOM),TMPDIR=$(ROOM)) $(BIN)/pytest -n 3 --dist loadscope --no-loadscope-reorder \
	 $(if $(COVERAGE),--cov --cov-report=term) \
	 -m "not torture$$(test -x $(CHROMIUM) || echo ' and not e2e')"

e2e: frontend tools ## The browser tests alone
	@$(BIN)/pytest -m e2e

bench: frontend tools ## Measure what the budgets are about, and how long signing in takes
	@$(BIN)/python -m benchmarks
	@$(BIN)/python -m benchmarks.signing_in

torture: frontend ## Faults under load; takes long
	@$(BIN)/pytest -m torture --timeout=0

fmt: $(SETUP) ## Format, and fix what can be fixed
	$(BIN)/ruff format
	$(BIN)/ruff check --fix

openapi: $(SETUP) ## Write docs/inspector/openapi.yaml
	@mkdir -p docs/inspector
	@$(BIN)/inspector openapi > docs/inspector/.openapi.yaml
	@mv docs/inspector/.openapi.yaml docs/inspector/openapi.yaml

permissions: $(SETUP) ## Write docs/security/permissions.md
	@$(BIN)/python -c 'from inspector_app.domain.permissions import matrix; print(matrix(), end="")' \
	 > docs/security/permissions.md

matrix: frontend ## Write docs/security/matrix.md from what the tests see
	@INSPECTOR_TESTS_WRITE_MATRIX=1 $(BIN)/pytest -q -k "matrix and sqlite" tests/security

wheel: frontend ## Build dist/inspector_app-….whl with migrations and the built frontend inside
	@$(BIN)/python -m build --wheel --no-isolation

lock: $(SETUP) ## Resolve every dependency anew, Python's and the frontend's
	$(LOCK) pyproject.toml -o requirements/base.txt
	$(LOCK) pyproject.toml --extra demo -o requirements/demo.txt
	$(LOCK) pyproject.toml --extra demo --extra dev -o requirements/dev.txt
	echo python-ldap | $(LOCK) - -o requirements/ldap.txt
	echo uv | $(LOCK) - -o requirements/uv.txt
	echo temporalio==1.18.0 | $(LOCK) - -o requirements/replay-1.18.txt
	$(BIN)/python -m inspector_app.frontend_build lock

clean: ## Remove what was built; .inspector (the data) stays
	rm -rf $(VENV) $(dir $(OLDEST)) .web build dist .pytest_cache .ruff_cache .hypothesis .import_linter_cache .coverage*
	find inspector_app tests alembic -name __pycache__ -type d -prune -exec rm -rf {} +
