"""Whatever the GraphQL schema allows is answered as it says."""

import pytest
import schemathesis
from django.core.handlers.wsgi import WSGIHandler

from storefront.graphql_api.schema import schema
from tests.contracts.schemas.asking import EXCLUDED, bounded, no_error_of_ours, the_same_each_time

pytestmark = pytest.mark.slow
face_b = schemathesis.graphql.from_file(str(schema), config=the_same_each_time())
face_b.app = WSGIHandler()
face_b.location = "/api/graphql"


@face_b.parametrize()
@bounded
def test_every_answer_is_as_the_schema_says(case, credentials):
    case.call_and_validate(
        headers=credentials, excluded_checks=EXCLUDED, additional_checks=[no_error_of_ours]
    )
