# Two commands matter: `make demo` and `make test`. Both need Python 3.11 or newer with venv.
PYTHON ?= python3
BIN = .venv/bin
DEVELOPS = .venv/develops
INSTALL = $(BIN)/pip install --quiet --disable-pip-version-check --require-hashes
POSTGRES_URL ?= postgres://downloads:downloads@127.0.0.1:5432/downloads
# What a real deployment sets, so that `check --deploy` judges that and not a laptop.
PRODUCTION_LIKE = PRODUCTION=true PUBLIC_BASE_URL=https://downloads.example \
	CACHE_URL=redis://127.0.0.1:6379/0 \
	EMAIL_URL=smtp+tls://mail.example:587 MAIL_FROM=downloads@downloads.example \
	ENCRYPTION_KEYS=Y2hlY2stb25seS1ub3QtYS1zZWNyZXQtMDEyMzQ1Njc= \
	SECRET_KEY=check-only-Zk3vQ8m1Xy7Rt5Lw9Bn2Pd4Gh6Js0Fc-aEuIoYq-Ke1Uw7

.PHONY: help demo test test-all test-postgres bench bench-quick benchmark capacity soak drills mutants static fmt audit lock messages pictures settings

## This list
help:
	@awk '/^## /{about = substr($$0, 4)} /^[a-z-]+:/{if (about) printf "%-12s %s\n", substr($$1, 1, \
		length($$1) - 1), about; about = ""}' Makefile

## The whole product with its example, on http://localhost:8000
demo: .venv
	$(BIN)/python manage.py demo

# Says of each part how long it took.
TIMED = @timed() { start=$$(date +%s); "$$@" || exit; echo "$$(($$(date +%s) - start)) s: $$*"; }; timed
ON_POSTGRES = env DATABASE_URL=$(POSTGRES_URL)
# Modules are compiled once, not in each process of each run, whatever the shell says.
PYTEST = env PYTHONDONTWRITEBYTECODE= $(BIN)/pytest -q

QUICK = "not slow and not more_cases"
# These have servers, browsers and clients of their own. A file stays in one process, which starts
# for it what its tests share; the longest do not come last.
SERVED = tests/system tests/contracts/clients
# Those made for each operation of a schema share a name, and of one name a run by file keeps one.
SCHEMAS = tests/contracts/schemas
BY_FILE = -n 2 --dist loadfile --no-loadscope-reorder
SIDE_BY_SIDE = tests/config tests/downloads tests/invariants tests/meta tests/storefront

## Every check, and the quick tests: no servers, no browsers, three cases of each long table
test: static
	$(TIMED) $(PYTEST) -n 2 -m $(QUICK) --durations 10 --durations-min 1 $(SIDE_BY_SIDE)
	$(TIMED) $(ON_POSTGRES) $(PYTEST) -m $(QUICK) tests/invariants/test_race.py

## All tests: browsers, nginx, storms, kills, too, and on PostgreSQL what can differ there
test-all: static audit
	$(TIMED) $(PYTEST) -n 2 -m "not sampled" --durations 10 --durations-min 1 $(SIDE_BY_SIDE) \
		$(SCHEMAS)
	$(TIMED) $(PYTEST) $(BY_FILE) --durations 10 $(SERVED)
	$(TIMED) $(ON_POSTGRES) $(PYTEST) -n 2 -m "both_databases and not more_cases and not sampled" $(SIDE_BY_SIDE)
	$(TIMED) $(ON_POSTGRES) $(PYTEST) $(BY_FILE) -m both_databases --durations 10 $(SERVED)

## The whole suite on PostgreSQL, also what cannot differ there
test-postgres: $(DEVELOPS)
	$(TIMED) $(ON_POSTGRES) $(PYTEST) -n 2 -m "not slow"
	$(TIMED) $(ON_POSTGRES) $(PYTEST) -m slow

## Figures, not tests: ratios within one run, on both databases
benchmark: $(DEVELOPS)
	$(BIN)/python -m tests.benchmarks.webhooks
	DATABASE_URL=$(POSTGRES_URL) $(BIN)/python -m tests.benchmarks.webhooks
	$(BIN)/python -m tests.benchmarks.downloads
	DATABASE_URL=$(POSTGRES_URL) $(BIN)/python -m tests.benchmarks.downloads
	$(BIN)/python -m tests.benchmarks.documents
	$(BIN)/python -m tests.benchmarks.sign_in
	DATABASE_URL=$(POSTGRES_URL) $(BIN)/python -m tests.benchmarks.sign_in

## The faces beside a floor of one statement: all sizes, both databases, under an hour; needs wrk
bench: $(DEVELOPS)
	POSTGRES_URL=$(POSTGRES_URL) $(BIN)/python -m tests.benchmarks.faces --write var/benchmark

## The same in two minutes, to see what a change has done
bench-quick: $(DEVELOPS)
	POSTGRES_URL=$(POSTGRES_URL) $(BIN)/python -m tests.benchmarks.faces --quick

## The admin's lists and searches on 1,000,000 orders, on PostgreSQL; 10 GB of disk
capacity: $(DEVELOPS)
	POSTGRES_URL=$(POSTGRES_URL) nice $(BIN)/python -m tests.capacity

## Ten minutes of honest clients beside every attack at once, all orders of messages, an upgrade
soak: $(DEVELOPS)
	$(BIN)/python -m tests.soak.upgrade
	DATABASE_URL=$(POSTGRES_URL) $(BIN)/python -m tests.soak.upgrade
	$(BIN)/python -m tests.soak
	DATABASE_URL=$(POSTGRES_URL) $(BIN)/python -m tests.soak
	$(BIN)/pytest -q -n 2 tests/soak/permutations.py tests/soak/people.py
	DATABASE_URL=$(POSTGRES_URL) $(BIN)/pytest -q -n 2 tests/soak/permutations.py tests/soak/people.py

## Storms, kills and crowds in their long form, on both databases
drills: $(DEVELOPS)
	DRILLS=true $(PYTEST) -m slow $(SERVED) $(SCHEMAS) tests/invariants tests/downloads tests/storefront/imports
	DRILLS=true $(ON_POSTGRES) $(PYTEST) -m "both_databases and slow" $(SERVED) tests/invariants

## A hundred planted faults: which of them does no test notice? An hour and a half at most
mutants: $(DEVELOPS)
	$(BIN)/python -m tests.mutants

## Lint, types, missing migrations, unsafe settings
static: $(DEVELOPS)
	$(TIMED) $(BIN)/ruff check .
	$(TIMED) $(BIN)/ruff format --check .
	$(TIMED) $(BIN)/lint-imports --no-logo
	$(TIMED) $(BIN)/mypy .
	$(TIMED) $(BIN)/python manage.py makemigrations --check
	$(TIMED) env $(PRODUCTION_LIKE) $(BIN)/python manage.py check --deploy --fail-level WARNING

## Format, and sort imports
fmt: $(DEVELOPS)
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

## The README's pictures, taken anew from a demo; they need Chromium
pictures: $(DEVELOPS)
	$(BIN)/python -m tests.system.browser.pictures

## Weaknesses: of the code, and known ones of the packages that serve, asked of the internet
audit: $(DEVELOPS)
	$(TIMED) $(BIN)/bandit --quiet --configfile pyproject.toml --recursive config downloads storefront manage.py
	$(BIN)/python -m tests.meta.audit

## The documented table of settings, written from config/settings.toml
settings: $(DEVELOPS)
	$(BIN)/python -m config.table

## The words to translate, collected anew and compiled; needs gettext
messages: $(DEVELOPS)
	$(BIN)/python manage.py makemessages --all --no-wrap --no-obsolete --add-location file \
		--ignore 'var/*' --ignore '.venv/*' --ignore 'tests/*'
	$(BIN)/python manage.py compilemessages --ignore '.venv/*'

## Exact versions with hashes; no address stands in them
lock:
	uv pip compile --universal --python-version 3.11 --generate-hashes --quiet \
		--custom-compile-command "make lock" pyproject.toml -o requirements.txt
	uv pip compile --universal --python-version 3.11 --generate-hashes --quiet \
		--custom-compile-command "make lock" --extra dev pyproject.toml -o requirements-dev.txt

# Made in one piece: a broken install leaves no half environment that looks whole.
.venv: requirements.txt
	@$(PYTHON) -c 'import sys; sys.version_info >= (3, 11) or sys.exit( \
		"Python 3.11 or newer is needed; name yours: make PYTHON=python3.12 $(MAKECMDGOALS)")'
	rm -rf .venv
	$(PYTHON) -m venv .venv
	$(INSTALL) -r requirements.txt || { rm -rf .venv; exit 1; }
	touch .venv

# What serves is enough for the demo; this adds what tests it.
$(DEVELOPS): requirements-dev.txt | .venv
	$(INSTALL) -r requirements-dev.txt
	touch $(DEVELOPS)
