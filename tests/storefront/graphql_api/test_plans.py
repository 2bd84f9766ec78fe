"""What a plan answers the library answers, byte for byte; what it does not is the library's.

Beside these, whatever document any test sends is answered both ways (`tests/planned_twice.py`).
"""

import json
from datetime import UTC, datetime
from decimal import Decimal

import pytest
from django.db import OperationalError
from graphql import (
    GraphQLArgument,
    GraphQLBoolean,
    GraphQLError,
    GraphQLField,
    GraphQLFloat,
    GraphQLID,
    GraphQLInt,
    GraphQLList,
    GraphQLNonNull,
    GraphQLObjectType,
    GraphQLSchema,
    GraphQLString,
    execute_sync,
    parse,
    validate,
)
from hypothesis import given
from hypothesis import strategies as st

from storefront.graphql_api.ahead import ReadyRequest
from storefront.graphql_api.lifted_documents import shelf
from storefront.graphql_api.plans import plan_of
from storefront.graphql_api.schema import schema
from tests.factories import GrantFactory, make_file_grant
from tests.storefront.conftest import FACE_B

ROOT = object()
OURS = schema.graphql_schema
FIELDS = (
    "id _id productName name fileName type downloadBought downloadUsed downloadCanceled status "
    "remainingDownloads createdAt updatedAt downloadUrl "
    "order { _id incrementId status grandTotal __typename }"
)
PLANNED = {
    "everything": "{ customerDownloadableProduct(id: %s) { __typename " + FIELDS + " } }",
    "aliases": "{ a: customerDownloadableProduct(id: %s) { b: name name c: _id d: name } }",
    "merged": "{ customerDownloadableProduct(id: %s) { order { _id } name order { status _id } } }",
    "fragments": "query Q { customerDownloadableProduct(id: %s) { ...A ... on "
    "CustomerDownloadableProduct { type ...B } ... { status } } } "
    "fragment A on CustomerDownloadableProduct { _id ...B } "
    "fragment B on CustomerDownloadableProduct { order { ...C } name } "
    "fragment C on CustomerOrder { incrementId }",
    "a list": "{ customerDownloadableProducts(first: 2) { totalCount pageInfo { startCursor "
    "endCursor hasNextPage hasPreviousPage } edges { cursor node { " + FIELDS + " } } } }",
    "a profile": "{ readCustomerProfile { id _id firstName lastName email phone gender } }",
    "a name": "{ __typename }",
}
LEFT = {
    "a directive": "query ($w: Boolean!) { customerDownloadableProduct(id: 1) { _id @skip(if: $w)"
    " } }",
    "the schema": "{ __schema { queryType { name } } }",
    "a type": '{ __type(name: "Query") { name } }',
    "several fields": "{ a: readCustomerProfile { id } b: readCustomerProfile { id } }",
    "a mutation": "mutation { createLogout(input: {}) { logout { success } } }",
    "two operations": "query A { __typename } query B { __typename }",
}


@pytest.mark.parametrize("document", PLANNED.values(), ids=PLANNED)
@pytest.mark.django_db
def test_a_document_is_answered_by_its_plan(client, credentials, customer, monkeypatch, document):
    of_file = make_file_grant(b"abc", order__shop=customer.shop, order__customer=customer)
    of_link = GrantFactory(
        order__shop=customer.shop, order__customer=customer, limit=None, bought=None, line=None
    )
    ran = []
    run_twice = ReadyRequest.run_planned

    def run(ready, caller):
        ran.append(run_twice(ready, caller))
        return ran[-1]

    monkeypatch.setattr(ReadyRequest, "run_planned", run)
    shelf.clear()
    headers = credentials(customer)
    for grant in (of_file, of_file, of_link):
        body = {"query": document.replace("%s", str(grant.pk))}
        response = client.post(FACE_B, body, content_type="application/json", headers=headers)
    assert response.status_code == 200
    # What is not known yet is the library's.
    assert len(ran) == 2
    assert response.content == json.dumps({"data": ran[-1]}, separators=(",", ":")).encode()


@pytest.mark.parametrize("document", LEFT.values(), ids=LEFT)
def test_what_a_plan_does_not_know_is_the_librarys(document):
    assert validate(OURS, parse(document)) == []
    assert plan_of(OURS, parse(document)) is None


VALUES = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.sampled_from([0, 2**31 - 1, 2**31, -(2**31), -(2**31) - 1]),
    st.floats(),
    st.text(),
    st.just(Decimal("19.99")),
    st.just(datetime(2026, 1, 2, tzinfo=UTC)),
    st.just(ValueError("returned")),
    st.just(GraphQLError("returned")),
    st.just(ROOT),
    st.lists(st.one_of(st.none(), st.integers(), st.text()), max_size=3),
    st.tuples(st.integers()),
    st.dictionaries(st.just("leaf"), st.integers()),
)
LEAF = st.sampled_from([GraphQLString, GraphQLID, GraphQLInt, GraphQLFloat, GraphQLBoolean])


def wrapped(kind):
    return st.sampled_from(
        [
            kind,
            GraphQLNonNull(kind),
            GraphQLList(kind),
            GraphQLNonNull(GraphQLList(GraphQLNonNull(kind))),
        ]
    )


OUTER = {
    "an object": (lambda leaf: leaf, {}),
    "a list": (lambda leaf: GraphQLList(leaf), [{}, None]),
    "a list that is full": (lambda leaf: GraphQLNonNull(GraphQLList(GraphQLNonNull(leaf))), [{}]),
    "a list that is not": (lambda leaf: GraphQLList(GraphQLNonNull(leaf)), [{}, None]),
    "no list": (lambda leaf: GraphQLList(leaf), {}),
    "nothing": (lambda leaf: GraphQLNonNull(leaf), None),
    "an error": (lambda leaf: leaf, ValueError("returned")),
}


@pytest.mark.parametrize("outer", OUTER.values(), ids=OUTER)
@given(kind=LEAF.flatmap(wrapped), value=VALUES, raises=st.booleans())
def test_whatever_a_resolver_returns_ends_as_in_the_library(outer, kind, value, raises):
    def resolve(source, info):
        if raises and isinstance(value, Exception):
            raise value
        return value

    wrap, found = outer
    leaf = GraphQLObjectType("Leaf", {"leaf": GraphQLField(kind, resolve=resolve)})
    one = GraphQLField(wrap(leaf), resolve=lambda source, info: found)
    schema = GraphQLSchema(GraphQLObjectType("Query", {"one": one}))
    document = parse("{ one { leaf again: leaf __typename } }")
    planned = plan_of(schema, document).run(None, {})
    result = execute_sync(schema, document)
    if planned is None:
        # What goes well is left to the library where no resolver of ours returns such a thing.
        assert result.errors or isinstance(value, tuple | dict) or value is ROOT
    else:
        assert result.errors is None
        assert json.dumps(planned) == json.dumps(result.data)


def small(resolve, **arguments):
    root = GraphQLObjectType(
        "Query", {"one": GraphQLField(GraphQLString, args=arguments, resolve=resolve)}
    )
    return GraphQLSchema(root)


def test_an_outage_is_told_at_once():
    def resolve(source, info):
        raise OperationalError("server closed the connection unexpectedly")

    with pytest.raises(OperationalError):
        plan_of(small(resolve), parse("{ one }")).run(None, {})


@pytest.mark.parametrize("sent", [{}, {"n": None}, {"n": 7}, {"n": "x"}, {"n": 2**40}])
@pytest.mark.parametrize(
    "document", ["query ($n: Int) { one(n: $n) }", "query ($n: Int = 3) { one(n: $n) }", "{ one }"]
)
def test_arguments_are_the_librarys_own(document, sent):
    number = GraphQLArgument(GraphQLInt, default_value=5)
    schema = small(lambda source, info, **given: json.dumps(given), n=number)
    planned = plan_of(schema, parse(document)).run(None, sent)
    result = execute_sync(schema, parse(document), variable_values=sent)
    assert planned == (None if result.errors else result.data)


def test_a_resolver_that_asks_for_more_is_run_by_the_library():
    assert plan_of(small(lambda source, info: info.field_name), parse("{ one }")).run(1, {}) is None
