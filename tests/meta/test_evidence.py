"""The evidence that the pages on promises and on security name is there."""

import re
from pathlib import Path

import pytest
from django.conf import settings

ROOT = Path(settings.BASE_DIR)
PAGES = {
    name: (ROOT / "storefront" / "docs" / f"{name}.md").read_text(encoding="utf-8")
    for name in ("promises", "security")
}
NAMED = sorted(
    {(name, test) for name, text in PAGES.items() for test in re.findall(r"`(tests/[^`]+)`", text)}
)


@pytest.mark.parametrize("page", PAGES)
def test_every_promise_names_what_holds_it(page):
    lines = PAGES[page].splitlines()
    rows = [line.split("|")[1:3] for line in lines if line.startswith("| ")]
    promises = [row for row in rows if row[0].strip() not in ("Promise",)]
    assert len(promises) > 50
    assert [promise for promise, held in promises if not held.strip()] == []


@pytest.mark.parametrize(("page", "named"), NAMED)
def test_what_it_names_is_there(page, named):
    path, _, test = named.partition("::")
    assert (ROOT / path).exists()
    assert not test or f"def {test}(" in (ROOT / path).read_text(encoding="utf-8")
