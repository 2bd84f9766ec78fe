"""GraphQL over HTTP, as the audits of the npm package `graphql-http` read the specification."""

from collections import Counter

import pytest

from tests.contracts.clients.conftest import door_of

pytestmark = pytest.mark.slow

ALL = {"MUST": 13, "SHOULD": 23, "MAY": 25}
WANT_GET = ["5A70", "D6D5", "6A70"]


@pytest.fixture
def audit(run_script):
    """Return a function that audits a service."""

    def ask(service):
        return run_script("audit.mjs", **door_of(service))

    return ask


def failing(found):
    """Tell which audits fail and why, a line for each."""
    return [
        f"{one['id']} {one['name']}: {one['reason']} ({one['answer']})"
        for one in found
        if not one["passed"]
    ]


def levels(found):
    """Count the audits of each level."""
    return Counter(one["name"].split()[0] for one in found)


def test_every_audit_passes_where_get_is_allowed(audit, service_with_get):
    found = audit(service_with_get)
    assert not failing(found), "\n".join(failing(found))
    assert levels(found) == ALL


def test_only_what_wants_get_fails_by_default(audit, service):
    found = audit(service)
    failed = [one for one in found if not one["passed"]]
    assert [one["id"] for one in failed] == WANT_GET, "\n".join(failing(found))
    assert levels(failed) == {"MAY": 3}
    assert levels(found) == ALL
