"""How schemathesis is to ask: the same at every run, and not for ever; and what it is to find."""

from hypothesis import HealthCheck, settings
from schemathesis import Config
from schemathesis.checks import not_a_server_error

from storefront.graphql_api.view import MASKED

# The rows are made once for all examples of an operation: what one of them does, the next meets.
bounded = settings(
    max_examples=40,
    derandomize=True,
    deadline=None,
    database=None,
    suppress_health_check=list(HealthCheck),
)
# Of GraphQL it takes each error without `extensions.code` for the server's own. Ours are the
# document's, which shows none: `no_error_of_ours` judges in its place.
EXCLUDED = [not_a_server_error]


def the_same_each_time() -> Config:
    """Return a configuration that draws nothing at random."""
    config = Config()
    default = config.projects.default
    default.generation.deterministic = True
    # The tests send good ones, whatever it would: a request without is no longer a wrong one.
    default.generation.with_security_parameters = False
    # What HTTP's own headers ask of a file may rightly not be had.
    acceptance = default.checks.positive_data_acceptance
    acceptance.expected_statuses = [*acceptance.expected_statuses, "412", "416"]
    return config


def no_error_of_ours(_context, response, _case):
    """Refuse an answer that says, in whichever way, that we failed."""
    said = [error["message"] for error in response.json().get("errors", [])]
    assert response.status_code < 500
    assert MASKED not in said
