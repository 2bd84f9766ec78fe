"""The list of face B: a cursor connection, newest first."""

from base64 import urlsafe_b64encode

import pytest

from downloads.errors import BadCursor
from downloads.models import Asset, Grant
from storefront.graphql_api.paging import read_cursor
from tests.factories import CustomerFactory, GrantFactory, LinkFactory, OrderFactory

LIST = """query($first: Int, $after: String, $last: Int, $before: String, $status: String) {
  customerDownloadableProducts(
    first: $first, after: $after, last: $last, before: $before, status: $status
  ) {
    edges { cursor node { _id } }
    pageInfo { startCursor endCursor hasNextPage hasPreviousPage }
    totalCount
  }
}"""


def cursor_to(number):
    return urlsafe_b64encode(f"grant:{number}".encode()).decode()


def grants_of(customer, count, **values):
    order = OrderFactory(shop=customer.shop, customer=customer)
    asset = LinkFactory(shop=customer.shop)
    return [GrantFactory(order=order, asset=asset, **values).pk for _ in range(count)]


@pytest.fixture
def page(graphql, customer):
    """Return a function that reads one stretch of the customer's list."""

    def ask(**bounds):
        response = graphql(LIST, customer=customer, variables=bounds)
        assert response.status_code == 200
        return response.json()["data"]["customerDownloadableProducts"]

    return ask


def numbers(stretch):
    return [edge["node"]["_id"] for edge in stretch["edges"]]


def test_an_empty_list_is_whole(page):
    assert page() == {
        "edges": [],
        "pageInfo": {
            "startCursor": None,
            "endCursor": None,
            "hasNextPage": False,
            "hasPreviousPage": False,
        },
        "totalCount": 0,
    }


def test_the_list_is_newest_first_with_a_cursor_each(page, customer):
    old, new = grants_of(customer, 2)
    assert page() == {
        "edges": [
            {"cursor": cursor_to(new), "node": {"_id": new}},
            {"cursor": cursor_to(old), "node": {"_id": old}},
        ],
        "pageInfo": {
            "startCursor": cursor_to(new),
            "endCursor": cursor_to(old),
            "hasNextPage": False,
            "hasPreviousPage": False,
        },
        "totalCount": 2,
    }


def test_the_list_holds_nobody_elses(page, customer):
    ours = grants_of(customer, 1)
    grants_of(CustomerFactory(shop=customer.shop), 2)
    grants_of(CustomerFactory(email=customer.email), 2)
    GrantFactory(order__shop=customer.shop, order__customer=None)
    stretch = page()
    assert (numbers(stretch), stretch["totalCount"]) == (ours, 1)


def test_another_customers_cursor_shows_only_ones_own(page, customer):
    ours = grants_of(customer, 1)
    [theirs] = grants_of(CustomerFactory(shop=customer.shop), 1)
    assert numbers(page(after=cursor_to(theirs))) == ours


@pytest.mark.slow
def test_ten_rows_are_the_default_and_five_hundred_the_most(page, customer):
    order = OrderFactory(shop=customer.shop, customer=customer)
    assets = Asset.objects.bulk_create(LinkFactory.build_batch(501, shop=customer.shop))
    grants = [GrantFactory.build(order=order, asset=asset, line=None) for asset in assets]
    Grant.objects.bulk_create(grants)
    for bounds, count in (({}, 10), ({"first": 1}, 1), ({"first": 500}, 500), ({"last": 500}, 500)):
        stretch = page(**bounds)
        assert (len(stretch["edges"]), stretch["totalCount"]) == (count, 501)


OUT_OF_BOUNDS = {
    "first 0": ({"first": 0}, '"first" must be between 1 and 500'),
    "first 501": ({"first": 501}, '"first" must be between 1 and 500'),
    "first -1": ({"first": -1}, '"first" must be between 1 and 500'),
    "last 0": ({"last": 0}, '"last" must be between 1 and 500'),
    "last 501": ({"last": 501}, '"last" must be between 1 and 500'),
    "both": ({"first": 5, "last": 5}, 'Use "first" or "last", not both'),
}
BAD_CURSORS = {
    "empty": "",
    "a word": "nonsense",
    "a number": "7",
    "not ASCII": "é",
    "a surrogate": "\ud800",
    "another kind": urlsafe_b64encode(b"order:7").decode(),
    "no number": urlsafe_b64encode(b"grant:").decode(),
    "a negative number": urlsafe_b64encode(b"grant:-7").decode(),
    "more behind": urlsafe_b64encode(b"grant:7 or 1").decode(),
    "a line behind": urlsafe_b64encode(b"grant:7\n").decode(),
    "no text": urlsafe_b64encode(b"grant:\xff").decode(),
    "past 64 bits": urlsafe_b64encode(f"grant:{2**63}".encode()).decode(),
    "unpadded": urlsafe_b64encode(b"grant:7").decode().rstrip("="),
}
BAD_CURSOR = "Invalid cursor. Pass a cursor of an earlier answer unchanged"
BOUNDS = OUT_OF_BOUNDS | {
    "after": ({"after": BAD_CURSORS["a word"]}, BAD_CURSOR),
    "before": ({"before": BAD_CURSORS["past 64 bits"]}, BAD_CURSOR),
}


@pytest.mark.parametrize(("bounds", "message"), BOUNDS.values(), ids=BOUNDS)
def test_a_stretch_that_is_none_is_refused(graphql, customer, bounds, message):
    response = graphql(LIST, customer=customer, variables=bounds)
    assert response.status_code == 200
    assert response.json() == {
        "errors": [
            {
                "message": message,
                "locations": [{"line": 2, "column": 3}],
                "path": ["customerDownloadableProducts"],
            }
        ],
        "data": {"customerDownloadableProducts": None},
    }


@pytest.mark.parametrize("cursor", BAD_CURSORS.values(), ids=BAD_CURSORS)
def test_a_cursor_of_anybody_else_is_refused(cursor):
    with pytest.raises(BadCursor) as error:
        read_cursor(cursor)
    assert str(error.value) == BAD_CURSOR


def test_a_cursor_of_ours_is_a_number():
    assert read_cursor(cursor_to(2**63 - 1)) == 2**63 - 1
    assert read_cursor(None) is None


def test_paging_forwards_meets_each_row_once(page, customer):
    made = grants_of(customer, 23)
    met, after, ends = [], None, []
    for _ in range(3):
        stretch = page(after=after)
        met += numbers(stretch)
        after = stretch["pageInfo"]["endCursor"]
        ends.append((stretch["pageInfo"]["hasPreviousPage"], stretch["pageInfo"]["hasNextPage"]))
        assert stretch["totalCount"] == 23
    assert met == made[::-1]
    assert ends == [(False, True), (True, True), (True, False)]
    assert numbers(page(after=after)) == []


def test_paging_backwards_meets_each_row_once(page, customer):
    made = grants_of(customer, 23)
    met, before, ends = [], None, []
    for _ in range(3):
        stretch = page(last=10, before=before)
        met = numbers(stretch) + met
        before = stretch["pageInfo"]["startCursor"]
        ends.append((stretch["pageInfo"]["hasPreviousPage"], stretch["pageInfo"]["hasNextPage"]))
    assert met == made[::-1]
    assert ends == [(True, False), (True, True), (False, True)]
    assert numbers(page(last=10, before=before)) == []


def test_a_row_added_meanwhile_moves_no_page(page, customer):
    made = grants_of(customer, 3)
    first = page(first=2)
    grants_of(customer, 1)
    assert numbers(page(first=2, after=first["pageInfo"]["endCursor"])) == [made[0]]


def test_a_stretch_can_be_bounded_on_both_sides(page, customer):
    made = grants_of(customer, 5)
    between = {"after": cursor_to(made[4]), "before": cursor_to(made[0])}
    assert numbers(page(**between)) == [made[3], made[2], made[1]]
    assert numbers(page(first=2, **between)) == [made[3], made[2]]
    assert numbers(page(last=2, **between)) == [made[2], made[1]]


def test_a_cursor_of_a_gone_row_still_marks_its_place(page, customer):
    made = grants_of(customer, 3)
    Grant.objects.filter(pk=made[1]).delete()
    assert numbers(page(after=cursor_to(made[1]))) == [made[0]]


@pytest.fixture
def one_of_each(customer):
    """One grant of each status, by that status."""
    unpaid = OrderFactory(shop=customer.shop, customer=customer, payment="pending")
    return {
        "available": grants_of(customer, 1)[0],
        "expired": grants_of(customer, 1, limit=1, used=1)[0],
        "pending": GrantFactory(order=unpaid).pk,
    }


def test_a_status_picks_its_own(page, one_of_each):
    for status, number in one_of_each.items():
        stretch = page(status=status)
        assert (numbers(stretch), stretch["totalCount"]) == ([number], 1)


def test_an_unknown_status_picks_nothing(page, one_of_each):
    for status in ("", "AVAILABLE", "unknown", "available ", "\0"):
        stretch = page(status=status)
        assert (numbers(stretch), stretch["totalCount"]) == ([], 0)


def test_null_is_as_good_as_nothing(page, one_of_each):
    stretch = page(first=None, after=None, last=None, before=None, status=None)
    assert stretch["totalCount"] == 3


@pytest.mark.parametrize("count", [1, 10])
def test_the_list_takes_four_queries_whatever_its_size(
    client, credentials, customer, django_assert_num_queries, count
):
    grants_of(customer, count)
    headers = credentials(customer)
    fields = "_id productName fileName status remainingDownloads downloadUrl order {_id status}"
    query = f"{{customerDownloadableProducts {{edges {{node {{{fields}}}}} totalCount}}}}"
    # Key, bearer, grants, their number; in the first of an hour also when the two were used.
    for queries in (6, 4):
        with django_assert_num_queries(queries):
            response = client.post(
                "/api/graphql", {"query": query}, content_type="application/json", headers=headers
            )
    assert response.json()["data"]["customerDownloadableProducts"]["totalCount"] == count
