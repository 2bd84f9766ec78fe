PYTHON ?= python3
BIN = .venv/bin

.PHONY: demo test test-all lock

demo: .venv ## The whole product with its example, on http://localhost:8000
	$(BIN)/python manage.py demo

# Made in one piece: a broken install leaves no half environment that looks whole.
.venv: requirements-dev.txt
	rm -rf .venv
	$(PYTHON) -m venv .venv
	$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes -r requirements-dev.txt || { rm -rf .venv; exit 1; }
	touch .venv
