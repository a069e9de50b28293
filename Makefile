# Copyright (c) 2026, the ellipsis.drive contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# `make test` is the whole gate, `make help` lists the rest. Everything is built in .venv/, nothing outside the checkout.

ifndef PYTHON
PYTHON := $(shell for python in python3 $(foreach minor,14 13 12 11 10,python3.$(minor)) \
	$(wildcard $(HOME)/.pyenv/versions/*/bin/python3); do \
	$$python -c 'import sys; sys.exit(sys.version_info < (3, 9))' 2>/dev/null && echo $$python && break; done)
endif
ifeq ($(PYTHON),)
$(error no Python 3.9 or newer found, say make PYTHON=/path/to/python3)
endif

TOOLS := tests/tools
STEP := $(PYTHON) $(TOOLS)/step.py
# The tools keep their caches and settings in here, and find the collection through the link that environments.py lays.
RUN := LC_ALL=C.UTF-8 HOME=$(CURDIR)/.venv/home ANSIBLE_COLLECTIONS_PATH=$(CURDIR)/.venv/collections \
	MYPYPATH=$(CURDIR)/.venv/collections $(STEP)
# What needs the user's own settings of git and keys of gpg.
OF_USER := LC_ALL=C.UTF-8 ANSIBLE_HOME=$(CURDIR)/.venv/home/.ansible $(STEP)
IN_COPY := $(PYTHON) $(CURDIR)/$(TOOLS)/in_copy.py
PARALLEL := $(MAKE) --no-print-directory --keep-going --jobs=2 $(if $(filter output-sync,$(.FEATURES)),--output-sync=target)
TARBALL := .venv/build/ellipsis-drive-$(shell sed -n 's/^version: *//p' galaxy.yml).tar.gz

.PHONY: help test test-quick lint format types sanity unit integration contract coverage demo demo-shared bench bench-docs mutants
.PHONY: environments nginx others gate ruff ansible-lint changelog licences importer install soak build docs clean
.PHONY: long compat release site rulebook soak-shared soak-role recording awx awx-stop

help:
	@echo "test         the whole gate: every check, every test, on the oldest and the newest ansible-core"
	@echo "test-quick   ruff, mypy and the unit tests, on the newest"
	@echo "lint types sanity unit integration contract docs build    one part of the gate"
	@echo "format       let ruff put the code in order"
	@echo "long         the tests that are too long for the gate: the setup of AWX in all its variants, on a double or at AWX_URL"
	@echo "coverage     the unit tests, with the lines and branches they miss"
	@echo "demo         watch real playbooks work against an emulator of the API"
	@echo "recording    the same, drawn as the picture of the README"
	@echo "demo-shared  watch two controllers share one OpenBao"
	@echo "bench        measure what a task costs, a quarter of an hour long; BENCH=--quick is short"
	@echo "bench-docs   the same, and write docs/benchmarks.md"
	@echo "soak         search at random for what breaks the laws, MINUTES=30 long, from SEED=1 on"
	@echo "soak-shared  kill controllers that share one OpenBao, KILLS=100 times, and let 10 meet for 20 rounds"
	@echo "soak-role    interrupt rotations by the role at each step, ROLLOUTS=0 (all) in each world, drawn by SEED; CORE=oldest"
	@echo "mutants      change the core at random and see which changes no test notices; MUTANTS='--seed 1 --minutes 30'"
	@echo "compat       the named subset of real runs on each ansible-core between the oldest and the newest and on the next, all of them on the oldest"
	@echo "rulebook     the event source, started by the real ansible-rulebook"
	@echo "awx          start a real AWX from AWX_SOURCE=a checkout of it, AWX_PASSWORD in the environment; awx-stop stops it"
	@echo "site         build the documentation site in docs/build"
	@echo "release      make ready what is published: VERSION=1.0.0; DRY_RUN=yes leaves nothing behind"
	@echo "clean        forget everything built"

test:
	@rm -rf .venv/steps
	@$(PARALLEL) gate; code=$$?; $(PYTHON) $(TOOLS)/report.py; exit $$code

# Two steps at a time, begun in this order: first what takes long on one core, last what uses both by itself.
gate: sanity-oldest sanity-newest ansible-lint importer docs types ruff install changelog licences pytest-oldest pytest-newest

test-quick:
	@$(PARALLEL) types ruff unit

environments: environment-oldest environment-newest environment-importer environment-site nginx others

environment-%:
	@$(STEP) - "environment $*" $(PYTHON) $(TOOLS)/environments.py $*

nginx:
	@$(STEP) - nginx $(PYTHON) $(TOOLS)/nginx.py

others: environment-oldest
	@$(STEP) oldest "other collections" python $(TOOLS)/other_collections.py python

lint: ruff ansible-lint changelog licences

ruff: environment-newest
	@$(RUN) newest "ruff check" ruff check
	@$(RUN) newest "ruff format" ruff format --check

format: environment-newest
	@.venv/newest/bin/ruff check --fix --exit-zero
	@.venv/newest/bin/ruff format

types: environment-newest
	@$(RUN) newest mypy mypy -p ansible_collections.ellipsis.drive

ansible-lint: environment-newest
	@$(RUN) newest ansible-lint $(IN_COPY) ansible-lint --nocolor --strict

changelog: environment-newest
	@$(RUN) newest "antsibull-changelog lint" antsibull-changelog lint

licences: environment-newest
	@$(RUN) newest "reuse lint" reuse lint --lines

docs: environment-newest
	@$(RUN) newest "antsibull-docs lint" $(IN_COPY) antsibull-docs lint-collection-docs \
		--plugin-docs --validate-collection-refs self .

build: environment-newest
	@$(RUN) newest "collection build" $(IN_COPY) ansible-galaxy collection build --force --output-path $(CURDIR)/.venv/build

importer: environment-importer build
	@$(RUN) importer galaxy-importer python $(CURDIR)/$(TOOLS)/importer.py $(TARBALL)

install: build
	@$(RUN) newest "collection install" ansible-galaxy collection install --force --no-deps $(TARBALL) -p .venv/installed

sanity:
	@$(PARALLEL) sanity-newest sanity-oldest

# Of what is published. The tests are not, and ruff and mypy judge them.
sanity-%: environment-%
	@$(RUN) $* "sanity $*" $(IN_COPY) --published $(CURDIR)/.venv/$*/bin/python $(CURDIR)/$(TOOLS)/sanity.py $*

# The laws and the core run in process and know no Ansible, so once is enough, as for what is about HTTP, other programs, stores
# or many hosts. What meets ansible-core runs on both: plugins and their loops, lookups, ends of runs, documentation, the role.
# `make compat-oldest` runs all integration tests there, those marked "once" too.
BOTH := $(patsubst %,tests/integration/test_%.py,bad_input documentation elsewhere ended fork_server lookup loops main_job one_run \
	provision role secrets_stay_secret store)
PYTEST_OF = pytest -m "not long$(2)" --junitxml=.venv/steps/pytest-$(1).xml
pytest-oldest: environment-oldest nginx others
	@$(RUN) oldest "pytest oldest" $(call PYTEST_OF,oldest,$(if $(PYTEST),, and not once)) \
		$(or $(PYTEST),tests/unit/plugin_utils tests/unit/module_utils/modules $(BOTH))

pytest-newest: environment-newest nginx others
	@$(RUN) newest "pytest newest" $(call PYTEST_OF,newest) $(PYTEST)

# What meets ansible-core most: both doors, loops, stores, lookups, the playbooks with the role. Warnings of
# deprecated features are failures in each of these runs.
COMPAT := $(patsubst %,tests/integration/test_%.py,main_job loops lookup store elsewhere provision audit)
CORES := 2.17 2.18 2.19 2.20
CANDIDATE := 2.22
compat:
	@$(foreach core,oldest $(CORES),$(MAKE) --no-print-directory compat-$(core) &&) true
	-@$(MAKE) --no-print-directory compat-$(CANDIDATE)

compat-oldest:
	@$(MAKE) --no-print-directory pytest-oldest PYTEST=tests/integration

compat-%: environment-core-%
	@ELLIPSIS_TEST_DEPRECATIONS=fail $(RUN) core-$* "pytest $*" pytest $(or $(PYTEST),$(COMPAT))

sanity-core-%: environment-core-%
	@$(RUN) core-$* "sanity $*" $(IN_COPY) --published $(CURDIR)/.venv/core-$*/bin/python $(CURDIR)/$(TOOLS)/sanity.py core-$*

rulebook: environment-rulebook
	@$(RUN) rulebook "pytest rulebook" pytest -n 0 tests/rulebook $(PYTEST)

# The tests of the setup of AWX meet it where AWX_URL, AWX_USERNAME and AWX_PASSWORD name it, and the double otherwise.
awx: environment-newest others
	@$(STEP) - "start AWX" $(PYTHON) $(TOOLS)/awx.py "$(AWX_SOURCE)"

awx-stop:
	@$(STEP) - "stop AWX" $(PYTHON) $(TOOLS)/awx.py stop

site: environment-site
	@$(RUN) site "documentation site" $(IN_COPY) $(CURDIR)/.venv/site/bin/python $(CURDIR)/$(TOOLS)/site.py $(CURDIR)/docs/build

release: environment-newest
	@$(OF_USER) newest release python $(TOOLS)/release.py $(VERSION) $(if $(DRY_RUN),--dry-run)

long: environment-newest nginx others
	@$(RUN) newest "long tests" pytest -m long $(PYTEST)

unit: environment-newest
	@$(RUN) newest "unit tests" pytest tests/unit $(PYTEST)

integration: environment-newest nginx others
	@$(RUN) newest "integration tests" pytest tests/integration $(PYTEST)

contract: environment-newest
	@$(RUN) newest "contract tests" pytest -n 0 -s tests/contract $(PYTEST)

coverage: environment-newest
	@$(RUN) newest coverage pytest tests/unit --cov --cov-report=term-missing:skip-covered $(PYTEST)

demo-shared: environment-newest
	@$(RUN) newest demo-shared python tests/demo/shared.py

demo: environment-newest
	@$(RUN) newest demo python tests/demo/demo.py

recording: environment-newest
	@$(RUN) newest recording python $(TOOLS)/recording.py $(CURDIR)/docs/recording.svg

bench: environment-newest
	@$(RUN) newest benchmark env PYTHONPATH=$(CURDIR)/.venv/collections \
		python -m ansible_collections.ellipsis.drive.tests.benchmark $(BENCH)

bench-docs: environment-newest
	@$(MAKE) --no-print-directory bench BENCH="--docs $(CURDIR)/docs $(BENCH)"

SEARCHES := $(wildcard tests/soak) tests/laws/test_laboratory.py tests/laws/test_worlds.py
soak: environment-newest
	@$(RUN) newest soak python $(TOOLS)/soak.py $(or $(MINUTES),30) $(or $(SEED),1) $(SEARCHES)

# KILLS controllers, two at a time; then 10 controllers for 20 rounds; then a set of 100 tokens.
soak-shared: environment-newest
	@$(RUN) newest soak-shared env PYTHONPATH=$(CURDIR)/.venv/collections sh -c ' \
		python -m ansible_collections.ellipsis.drive.tests.soak.controllers kills $(or $(KILLS),100) $(or $(SEED),1) && \
		python -m ansible_collections.ellipsis.drive.tests.soak.controllers turns 10 20 && \
		python -m ansible_collections.ellipsis.drive.tests.soak.controllers bulk 100 5'

# KILL, TERM, INT and lost hosts, at the beginning, in and at the end of each step; two hours for all of them.
soak-role: environment-$(or $(CORE),newest)
	@$(RUN) $(or $(CORE),newest) soak-role env PYTHONPATH=$(CURDIR)/.venv/collections \
		python -m ansible_collections.ellipsis.drive.tests.soak.rollouts $(or $(ROLLOUTS),0) $(or $(SEED),1) $(WORLDS)

mutants: environment-newest environment-mutants
	@$(RUN) mutants mutants env PYTHONPATH=$(CURDIR)/.venv/collections \
		python -m ansible_collections.ellipsis.drive.tests.mutants $(MUTANTS)

clean:
	rm -rf .venv .home .mypy_cache .pytest_cache .ruff_cache .hypothesis tests/output
