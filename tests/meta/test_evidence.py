"""The evidence that the page on security names is there."""

import re
from pathlib import Path

import pytest
from django.conf import settings

ROOT = Path(settings.BASE_DIR)
PAGE = (ROOT / "storefront" / "docs" / "security.md").read_text(encoding="utf-8")
NAMED = sorted(set(re.findall(r"`(tests/[^`]+)`", PAGE)))


def test_every_promise_names_what_holds_it():
    rows = [line.split("|")[1:3] for line in PAGE.splitlines() if line.startswith("| ")]
    promises = [row for row in rows if row[0].strip() not in ("Promise",)]
    assert len(promises) > 50
    assert [promise for promise, held in promises if not held.strip()] == []


@pytest.mark.parametrize("named", NAMED)
def test_what_it_names_is_there(named):
    path, _, test = named.partition("::")
    assert (ROOT / path).exists()
    assert not test or f"def {test}(" in (ROOT / path).read_text(encoding="utf-8")
