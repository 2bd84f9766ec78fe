"""`manage.py import_orders FILE… --shop DOMAIN`."""

import json
from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from downloads.models import Customer, Grant, LineItem, Order, Product, Refund
from tests.conftest import PAYLOADS
from tests.factories import AttachmentFactory, ProductFactory, ShopFactory

REAL = PAYLOADS / "shopify-order.json"


@pytest.fixture
def shop(db):
    return ShopFactory(domain="my-store.example")


class Outcome:
    """What one run of the command wrote, and whether it failed."""

    def __init__(self, *files, shop="my-store.example"):
        out, err = StringIO(), StringIO()
        self.failure = None
        try:
            call_command("import_orders", *map(str, files), "--shop", shop, stdout=out, stderr=err)
        except CommandError as error:
            self.failure = (str(error), error.returncode)
        self.summary, self.problems = out.getvalue(), err.getvalue().splitlines()


def refused(count):
    return (f"{count} refused, named above; mend them and import the file again.", 1)


@pytest.fixture
def write(tmp_path):
    """Return a function that writes a file to import."""

    def to_file(content, name="orders.json"):
        file = tmp_path / name
        if isinstance(content, bytes):
            file.write_bytes(content)
        else:
            file.write_text(content, encoding="utf-8")
        return file

    return to_file


@pytest.fixture
def small(payload):
    """Return a function that makes a small order of its own number."""

    def make(number, **values):
        order = {
            "id": number,
            "order_number": number,
            "created_at": "2025-06-15T10:30:00+02:00",
            "financial_status": "paid",
            "line_items": [{"id": number, "quantity": 1, "title": "Book", "variant_id": 7}],
        }
        return order | values

    return make


EXPECTED = (
    'Expected orders: {"order": …} or {"orders": […]} as Shopify\'s Admin API prints them, the '
    "rows of a bulk operation of its GraphQL API, or WooCommerce's list of orders."
)


def numbers():
    return sorted(Order.objects.values_list("number", flat=True))


def test_the_real_order_is_new_then_unchanged(shop):
    first = Outcome(REAL)
    assert (first.summary, first.problems, first.failure) == (
        "1 new, 0 changed, 0 unchanged, 0 refused\n",
        [],
        None,
    )
    order = Order.objects.get()
    assert (order.shop, order.number, order.payment) == (shop, 1001, "pending")
    rows = list(Order.objects.values()), list(LineItem.objects.values())
    again = Outcome(REAL)
    assert (again.summary, again.failure) == ("0 new, 0 changed, 1 unchanged, 0 refused\n", None)
    assert (list(Order.objects.values()), list(LineItem.objects.values())) == rows


def test_grants_appear_where_a_product_has_attachments(shop, write, payload):
    product = ProductFactory(shop=shop, variant_id=39072856)
    attachment = AttachmentFactory(product=product, limit=3)
    order = payload("order") | {"financial_status": "paid"}
    Outcome(write(json.dumps({"order": order})))
    grant = Grant.objects.get()
    assert (grant.asset, grant.bought, grant.line.platform_id) == (attachment.asset, 3, 466157049)


def test_a_later_report_changes_an_order(shop, write, payload):
    Outcome(REAL)
    paid = payload("order") | {"financial_status": "paid", "updated_at": "2008-01-11T00:00:00Z"}
    assert Outcome(write(json.dumps({"order": paid}))).summary == (
        "0 new, 1 changed, 0 unchanged, 0 refused\n"
    )
    assert Order.objects.get().payment == "paid"


def test_several_orders_come_in_one_file(shop, write, small):
    file = write(json.dumps({"orders": [small(1), small(2), small(1)]}))
    assert Outcome(file).summary == "2 new, 0 changed, 1 unchanged, 0 refused\n"
    assert numbers() == [1, 2]


def test_several_files_come_at_once(shop, write, small):
    files = [write(json.dumps(small(number)), f"{number}.json") for number in (1, 2)]
    assert Outcome(*files).summary == "2 new, 0 changed, 0 unchanged, 0 refused\n"


@pytest.mark.parametrize("document", ['{"orders": []}', "[]"])
def test_a_file_of_no_orders_is_no_fault(shop, write, document):
    outcome = Outcome(write(document))
    assert (outcome.summary, outcome.problems, outcome.failure) == (
        "0 new, 0 changed, 0 unchanged, 0 refused\n",
        [],
        None,
    )


def test_a_byte_order_mark_is_no_fault(shop, write, small):
    file = write(b"\xef\xbb\xbf" + json.dumps(small(1)).encode())
    assert Outcome(file).summary == "1 new, 0 changed, 0 unchanged, 0 refused\n"


# --- One order a line --------------------------------------------------------------------------


@pytest.mark.parametrize("end", ["\n", "\r\n", "\n\n"], ids=["LF", "CRLF", "empty lines"])
def test_orders_may_stand_one_a_line(shop, write, small, end):
    lines = [json.dumps(small(1)), json.dumps({"order": small(2)}), json.dumps({"orders": []})]
    assert Outcome(write(end.join(lines).encode())).summary == (
        "2 new, 0 changed, 0 unchanged, 0 refused\n"
    )


@pytest.mark.parametrize("broken", [1, 2, 3])
def test_a_broken_line_is_named_and_the_others_go_in(shop, write, small, broken):
    lines = [json.dumps(small(number)) for number in (1, 2, 3)]
    lines[broken - 1] = '{"id": oops}'
    file = write("\n".join(lines), "orders.jsonl")
    outcome = Outcome(file)
    assert outcome.problems == [
        f"{file}, line {broken}: refused: not JSON at column 8: Expecting value"
    ]
    assert outcome.summary == "2 new, 0 changed, 0 unchanged, 1 refused\n"
    assert outcome.failure == refused(1)
    assert numbers() == sorted({1, 2, 3} - {broken})


def test_a_refused_order_on_a_line_is_named_by_its_field(shop, write, small):
    file = write("\n".join(json.dumps(order) for order in (small(1), small(2, id=None), small(3))))
    outcome = Outcome(file)
    assert outcome.problems == [f"{file}, line 2: refused: order.id: missing"]
    assert outcome.summary == "2 new, 0 changed, 0 unchanged, 1 refused\n"
    assert (numbers(), outcome.failure) == ([1, 3], refused(1))


def test_a_line_ends_where_json_says_it_does(shop, write, small):
    # Both are line ends to Python's splitlines, and plain letters to JSON.
    titles = ["one\u2028two", "one\x85two"]
    lines = [
        json.dumps(small(number, note=title), ensure_ascii=False)
        for number, title in enumerate(titles, 1)
    ]
    outcome = Outcome(write("\n".join(lines)))
    assert (outcome.problems, outcome.summary) == (
        [],
        "2 new, 0 changed, 0 unchanged, 0 refused\n",
    )


# --- What is refused ---------------------------------------------------------------------------


def test_a_refused_order_is_named_by_its_place_and_the_others_go_in(shop, write, small):
    wrong = small(2, line_items="many")
    file = write(json.dumps({"orders": [small(1), wrong, small(3)]}))
    outcome = Outcome(file)
    assert outcome.problems == [
        f"{file}, order 2: refused: order.line_items: expected a list, got text"
    ]
    assert outcome.summary == "2 new, 0 changed, 0 unchanged, 1 refused\n"
    assert (numbers(), outcome.failure) == ([1, 3], refused(1))


def test_an_order_is_taken_in_whole_or_not_at_all(shop, write, small, settings):
    # Its refund is looked at once the order's row, its buyer and its lines are there.
    settings.ORDER_MAX_LINES = 1
    lines = [{"line_item_id": number, "quantity": 1} for number in (1, 2)]
    refund = {"id": 1, "refund_line_items": lines}
    wrong = small(1, customer={"id": 5, "email": "ada@example.com"}, refunds=[refund])
    models = (Order, Customer, LineItem, Product, Refund)
    before = [model.objects.count() for model in models]
    file = write(json.dumps(wrong))
    assert Outcome(file).problems == [
        f"{file}, order 1: refused: Refund 1 has 2 lines; at most 1 are taken in "
        "(ORDER_MAX_LINES). Raise the setting, and have it tried again."
    ]
    assert [model.objects.count() for model in models] == before


def test_a_refund_of_a_line_that_never_comes_takes_nothing(shop, write, small):
    AttachmentFactory(product=ProductFactory(shop=shop, variant_id=7))
    refund = {"id": 1, "refund_line_items": [{"line_item_id": 99, "quantity": 1}]}
    file = write(json.dumps(small(1, refunds=[refund])))
    assert Outcome(file).summary == "1 new, 0 changed, 0 unchanged, 0 refused\n"
    assert list(Grant.objects.values_list("canceled", "refunded")) == [(0, False)]


def test_a_refund_waits_for_its_line(shop, write, small):
    AttachmentFactory(product=ProductFactory(shop=shop, variant_id=8), limit=3)
    refund = {"id": 1, "refund_line_items": [{"line_item_id": 2, "quantity": 1}]}
    Outcome(write(json.dumps(small(1, refunds=[refund]))))
    line = {"id": 2, "quantity": 2, "title": "Sequel", "variant_id": 8}
    lines = [*small(1)["line_items"], line]
    edited = small(1, line_items=lines, updated_at="2025-06-16T10:30:00+02:00")
    assert Outcome(write(json.dumps(edited))).summary == (
        "0 new, 1 changed, 0 unchanged, 0 refused\n"
    )
    assert list(Grant.objects.values_list("bought", "canceled")) == [(6, 3)]


def test_an_order_with_anothers_token_is_taken_in_without_it(shop, write, small):
    token = "0c732eb6fd9802a0821a9d29888baee8"
    file = write(json.dumps({"orders": [small(1, token=token), small(2, token=token)]}))
    assert Outcome(file).problems == []
    taken = Order.objects.order_by("number").values_list("number", "is_token_taken")
    assert list(taken) == [(1, False), (2, True)]


def test_a_line_named_twice_is_two_lines(shop, write, small):
    twice = small(1)
    twice["line_items"] *= 2
    file = write(json.dumps({"orders": [twice, small(2)]}))
    assert Outcome(file).summary.startswith("2 new, 0 changed, 0 unchanged, 0 refused\n")
    assert LineItem.objects.filter(order__number=1).count() == 2


def test_half_a_letter_stops_no_other_order(shop, write, small):
    # JSON can carry one half of a surrogate pair, and no database stores it.
    half = json.dumps(small(1, line_items=[{"id": 1, "quantity": 1, "title": "\ud83d"}]))
    Outcome(write(f'{{"orders": [{half}, {json.dumps(small(2))}]}}'))
    assert 2 in numbers()


FILES = {
    "broken JSON": (
        b'{"orders": [\n  {"id": oops}\n]}',
        "not JSON at line 2, column 10: Expecting value",
    ),
    "empty": (b"", "The file is empty."),
    "cut off": (b'{"orders": [', "not JSON at line 1, column 13: Expecting value"),
    "not UTF-8": (b'{"order": "\xff"}', "not UTF-8 text; save it as UTF-8"),
    "UTF-16": ('{"orders": []}'.encode("utf-16"), "not UTF-8 text; save it as UTF-8"),
    "deep nesting": (
        b"[" * 200_000,
        "not JSON that can be read: nested too deeply or a number too long",
    ),
    "a long number": (
        b'{"orders": [{"id": ' + b"9" * 5_000 + b"}]}",
        "not JSON that can be read: nested too deeply or a number too long",
    ),
    "a list of something else": (b'[{"id": 1}]', EXPECTED),
    "other JSON": (
        b'{"products": []}',
        EXPECTED,
    ),
    "a word": (
        b'"order"',
        EXPECTED,
    ),
}


@pytest.mark.parametrize(("content", "problem"), FILES.values(), ids=FILES)
def test_a_file_that_cannot_be_read_is_refused_as_a_whole(shop, write, content, problem):
    file = write(content)
    outcome = Outcome(file)
    assert outcome.problems == [f"{file}, the file: refused: {problem}"]
    assert outcome.summary == "0 new, 0 changed, 0 unchanged, 1 refused\n"
    assert outcome.failure == refused(1)
    assert numbers() == []


def test_an_order_that_is_none_is_refused(shop, write):
    file = write('{"order": null}')
    assert Outcome(file).problems == [
        f"{file}, order 1: refused: order: expected an object, got nothing"
    ]


def test_a_missing_file_is_named_and_the_next_one_goes_in(shop, write, small, tmp_path):
    missing, there = tmp_path / "missing.json", write(json.dumps(small(1)))
    outcome = Outcome(missing, tmp_path, there)
    assert outcome.problems == [
        f"{missing}, the file: refused: No such file or directory",
        f"{tmp_path}, the file: refused: Is a directory",
    ]
    assert outcome.summary == "1 new, 0 changed, 0 unchanged, 2 refused\n"
    assert outcome.failure == refused(2)


def test_an_unknown_shop_is_refused_with_the_known_ones(shop):
    ShopFactory(domain="other.example")
    outcome = Outcome(REAL, shop="nowhere.example")
    assert outcome.failure == (
        'There is no shop "nowhere.example". Known shops: my-store.example, other.example.',
        1,
    )
    assert (outcome.summary, numbers()) == ("", [])


def test_without_shops_none_is_known(db):
    assert Outcome(REAL, shop="x").failure[0] == 'There is no shop "x". Known shops: none yet.'


def test_a_shop_is_found_in_any_case(shop):
    assert Outcome(REAL, shop=" My-Store.Example ").summary == (
        "1 new, 0 changed, 0 unchanged, 0 refused\n"
    )


def test_another_shops_order_of_the_same_number_is_its_own(shop):
    ShopFactory(domain="other.example")
    Outcome(REAL)
    # The token is the same, too, and a token opens one order alone: the first one.
    assert Outcome(REAL, shop="other.example").failure is None
    orders = Order.objects.order_by("pk").values_list("shop__domain", "is_token_taken")
    assert list(orders) == [(shop.domain, False), ("other.example", True)]
