"""Whatever the OpenAPI document allows, and much that it does not, is answered as it says."""

import pytest
import schemathesis
from django.core.handlers.wsgi import WSGIHandler
from drf_spectacular.generators import SchemaGenerator
from schemathesis.core import NOT_SET
from schemathesis.specs.openapi.checks import positive_data_acceptance

from tests.contracts.schemas.asking import bounded, the_same_each_time

pytestmark = pytest.mark.slow
document = schemathesis.openapi.from_dict(
    SchemaGenerator().get_schema(public=True), config=the_same_each_time()
)
document.app = WSGIHandler()


@document.parametrize()
@bounded
def test_every_answer_is_as_the_document_says(case, credentials, secret):
    is_exchange = case.operation.label == "POST /api/v1/customer-tokens"
    # What writes the document cannot say that a body described like this one must be sent.
    has_no_body = is_exchange and case.body is NOT_SET
    case.call_and_validate(
        headers=secret if is_exchange else credentials,
        excluded_checks=[positive_data_acceptance] if has_no_body else [],
    )
