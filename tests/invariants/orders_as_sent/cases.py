"""Orders as real shops sent them, and what each has to come to.

Each case stands for a kind: a report of somebody who runs a shop, in the platform's own shape. The
times are minutes before now.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

SHOPIFY, WOO, GENERIC = "shopify", "woocommerce", "generic"
BOOK, SOUNDS = (123456, 1234567), (123457, 1234568)
EBOOK, ALBUM, BASIC, PRO, PAPER = (501, 0), (502, 0), (700, 701), (700, 702), (900, 0)
SUITE_BASIC, SUITE_PRO = (94000, 940001), (94000, 940002)
# By which number a variant is known here, of those that have files.
SOLD = {
    SHOPIFY: (1234567, 1234568, 7654321),
    WOO: (501, 502, 701, 702),
    GENERIC: (1234567, 940001, 940002),
}


@dataclass(frozen=True)
class Said:
    """One message. `minutes` are those before now at which it happened; null: it does not say."""

    topic: str
    payload: dict[str, Any]
    minutes: float | None


@dataclass(frozen=True)
class End:
    """What one order comes to: open variants and the downloads each allows, closed ones, address.

    `notes` are words that its notes have, in whatever order.
    """

    open: dict[int, int] = field(default_factory=dict)
    shut: tuple[int, ...] = ()
    status: str = "completed"
    email: str | None = None
    number: str | None = None
    has_token: bool = True
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class Case:
    """`mailed` are those to whom the mails about it go that still wait at the end.

    `has_past` says that what it comes to is not told by the last message alone.
    """

    name: str
    platform: str
    said: Sequence[Said]
    ends: dict[int, End]
    mailed: tuple[str, ...] | None = None
    has_past: bool = False

    def __str__(self) -> str:
        return self.name

    @property
    def carries_times(self) -> bool:
        """Whether each message says when what it tells of happened."""
        return all(message.minutes is not None for message in self.said)

    @property
    def truth(self) -> dict[int, dict[str, Any]]:
        """Each order as the platform has it at the end, by number."""
        orders = [message for message in self.said if message.topic.startswith("order")]
        timed = [message for message in orders if message.minutes is not None]
        timed.sort(key=lambda message: -(message.minutes or 0))
        return {message.payload["id"]: message.payload for message in timed}


def moment(minutes: float) -> datetime:
    """Return a time so many minutes ago, to the second."""
    return (datetime.now(UTC) - timedelta(minutes=minutes)).replace(microsecond=0)


def shopify_line(number: Any, product: tuple[Any, Any], **words: Any) -> dict[str, Any]:
    row = {"id": number, "title": "My new Book", "name": "My new Book"}
    known = {"product_id": product[0], "variant_id": product[1]}
    return row | known | {"quantity": 1, "current_quantity": 1} | words


def shopify(number: int, minutes: float, /, *lines: dict[str, Any], **words: Any) -> Said:
    """Return an order of Shopify's, placed an hour before the first message."""
    email = words.get("email", "buyer@shopify.example")
    payload = {
        "id": number,
        "order_number": number % 100_000,
        "name": f"#{number % 100_000}",
        "token": hashlib.md5(b"%d" % number).hexdigest(),  # noqa: S324
        "financial_status": "paid",
        "created_at": moment(600).isoformat(),
        "processed_at": moment(600).isoformat(),
        "updated_at": moment(minutes).isoformat(),
        "currency": "EUR",
        "total_price": "10.00",
        "email": email,
        "customer": {"id": 90001, "email": email, "first_name": "Bo", "last_name": "Y"},
        "line_items": list(lines) or [shopify_line(1, BOOK)],
        "refunds": [],
    }
    return Said("orders/updated", payload | words, minutes)


def woo_line(number: Any, product: tuple[Any, Any], **words: Any) -> dict[str, Any]:
    known = {"product_id": product[0], "variation_id": product[1]}
    return {"id": number, "name": "Ebook"} | known | {"quantity": 1, "sku": "X"} | words


def woo(
    number: int,
    minutes: float,
    /,
    *lines: dict[str, Any],
    topic: str = "order.updated",
    **words: Any,
) -> Said:
    """Return an order of WooCommerce's; `email` goes into its billing address."""
    payload = {
        "id": number,
        "parent_id": 0,
        "number": str(number),
        "order_key": f"wc_order_{number}AbCdEfGhIj",
        "status": "completed",
        "currency": "EUR",
        "date_created_gmt": moment(600).strftime("%Y-%m-%dT%H:%M:%S"),
        "date_modified_gmt": moment(minutes).strftime("%Y-%m-%dT%H:%M:%S"),
        "date_paid_gmt": moment(600).strftime("%Y-%m-%dT%H:%M:%S"),
        "total": "10.00",
        "customer_id": 0,
        "billing": {
            "first_name": "Ada",
            "last_name": "B",
            "email": words.pop("email", "ada@woo.example"),
        },
        "line_items": list(lines) or [woo_line(1, EBOOK)],
        "refunds": [],
        "meta_data": [],
    }
    return Said(topic, payload | words, minutes)


def generic(
    number: int,
    minutes: float,
    product: tuple[int, int],
    *,
    quantity: int = 1,
    email: str = "u@gen.example",
    **words: Any,
) -> Said:
    """Return an order of a shop of one's own, in the format of ours."""
    content = {
        "id": number,
        "number": number,
        "payment": "paid",
        "placed_at": moment(600).isoformat(),
        "updated_at": moment(minutes).isoformat(),
        "token": f"tok-{number}-0123456789abcdef",
        "customer": {"email": email},
        "lines": [
            {
                "id": 1,
                "quantity": quantity,
                "product": {"id": product[0], "variant_id": product[1], "name": "Suite"},
            }
        ],
    }
    return Said("order.updated", content | words, minutes)


def _refund() -> dict[str, Any]:
    """Return a refund of both units of a line, in the format of ours."""
    rows = [{"line_id": 1, "quantity": 2}]
    return {"id": 7, "refunded_at": moment(20).isoformat(), "lines": rows}


_BACK = [
    {
        "id": 5,
        "created_at": moment(20).isoformat(),
        "refund_line_items": [{"line_item_id": 1, "quantity": 1}],
    }
]
ONE = {1234567: 3}
EBOOK_OPEN = {501: 3}
REFUND_OF_ONE = {
    "id": 5,
    "created_at": moment(12).isoformat(),
    "refund_line_items": [{"line_item_id": 1, "quantity": 1}],
}

CASES = [
    Case(
        "trash and restore: open after it was restored",
        WOO,
        [
            woo(15, 30),
            Said("order.deleted", {"id": 15}, None),
            woo(15, 4, topic="order.restored"),
            woo(15, 1),
        ],
        {15: End(EBOOK_OPEN)},
    ),
    Case(
        "a foreign billing address moves no other order",
        WOO,
        [
            woo(41, 90, customer_id=70, email="own@a.example"),
            woo(42, 5, woo_line(1, ALBUM), customer_id=70, email="colleague@b.example"),
        ],
        {
            41: End(EBOOK_OPEN, email="own@a.example"),
            42: End({502: 3}, email="colleague@b.example"),
        },
        mailed=("own@a.example", "colleague@b.example"),
    ),
    Case(
        "one address, two customer numbers, Shopify",
        SHOPIFY,
        [
            shopify(
                51, 90, email="again@a.example", customer={"id": 81, "email": "again@a.example"}
            ),
            shopify(
                52, 5, email="again@a.example", customer={"id": 82, "email": "again@a.example"}
            ),
        ],
        {51: End(ONE, email="again@a.example"), 52: End(ONE, email="again@a.example")},
        mailed=("again@a.example", "again@a.example"),
    ),
    Case(
        "one address, two customer numbers, WooCommerce",
        WOO,
        [
            woo(61, 90, customer_id=83, email="again@a.example"),
            woo(62, 5, customer_id=84, email="again@a.example"),
        ],
        {
            61: End(EBOOK_OPEN, email="again@a.example"),
            62: End(EBOOK_OPEN, email="again@a.example"),
        },
        mailed=("again@a.example", "again@a.example"),
    ),
    Case(
        "a number that was merged into another",
        SHOPIFY,
        [
            shopify(32, 90, email="m@a.example", customer={"id": 901, "email": "m@a.example"}),
            shopify(32, 2, email="m@a.example", customer={"id": 902, "email": "m@a.example"}),
        ],
        {32: End(ONE, email="m@a.example")},
        mailed=("m@a.example",),
    ),
    Case(
        "an address that was corrected on the order",
        SHOPIFY,
        [
            shopify(
                70,
                11,
                email="typo@gmial.example",
                contact_email="typo@gmial.example",
                customer={"id": 85, "email": "typo@gmial.example"},
            ),
            shopify(
                70,
                3,
                email="right@gmail.example",
                contact_email="right@gmail.example",
                customer={"id": 85, "email": "typo@gmial.example"},
            ),
        ],
        {70: End(ONE, email="right@gmail.example")},
        mailed=("right@gmail.example",),
    ),
    Case(
        "another contact address than the account's",
        SHOPIFY,
        [
            shopify(
                71,
                6,
                email="office@work.example",
                contact_email="office@work.example",
                customer={"id": 86, "email": "home@x.example"},
            )
        ],
        {71: End(ONE, email="office@work.example")},
        mailed=("office@work.example",),
    ),
    Case(
        "a line that changes its product, a shop of one's own",
        GENERIC,
        [generic(80, 20, SUITE_BASIC), generic(80, 3, SUITE_PRO)],
        {80: End({940002: 3}, shut=(940001,))},
    ),
    Case(
        "a line that changes its product, WooCommerce",
        WOO,
        [woo(90, 20, woo_line(1, BASIC)), woo(90, 3, woo_line(1, PRO))],
        {90: End({702: 3}, shut=(701,))},
        has_past=True,
    ),
    Case(
        "a variation, another product, then the variation deleted since",
        WOO,
        [
            woo(95, 20, woo_line(1, BASIC)),
            woo(95, 9, woo_line(1, EBOOK)),
            woo(95, 3, woo_line(1, (BASIC[0], 0))),
        ],
        {95: End({701: 3}, shut=(501,))},
        has_past=True,
    ),
    Case(
        "two lines that swap their products",
        WOO,
        [
            woo(91, 20, woo_line(1, BASIC), woo_line(2, PRO, quantity=2)),
            woo(91, 3, woo_line(1, PRO), woo_line(2, BASIC, quantity=2)),
        ],
        {91: End({702: 3, 701: 6}, shut=(701, 702))},
        has_past=True,
    ),
    Case(
        "a line that changes its product and back",
        GENERIC,
        [generic(82, 20, SUITE_BASIC), generic(82, 9, SUITE_PRO), generic(82, 3, SUITE_BASIC)],
        {82: End({940001: 3}, shut=(940002,))},
    ),
    Case(
        "a line that changes its product, and a refund of one unit",
        SHOPIFY,
        [
            shopify(92, 20, shopify_line(1, BOOK, quantity=2, current_quantity=2)),
            Said(
                "refunds/create",
                REFUND_OF_ONE | {"order_id": 92},
                12,
            ),
            shopify(
                92,
                3,
                shopify_line(1, SOUNDS, quantity=2, current_quantity=1),
                refunds=[REFUND_OF_ONE],
            ),
        ],
        {92: End({1234568: 3}, shut=(1234567,))},
        has_past=True,
    ),
    Case(
        "deleted, and reported again later, Shopify",
        SHOPIFY,
        [shopify(93, 30), Said("orders/delete", {"id": 93}, None), shopify(93, 2)],
        {93: End(ONE)},
    ),
    Case(
        "given to another buyer",
        WOO,
        [
            woo(94, 30, customer_id=70, email="former@a.example"),
            woo(94, 3, customer_id=71, email="new@a.example"),
        ],
        {94: End(EBOOK_OPEN, email="new@a.example")},
        mailed=("new@a.example",),
    ),
    Case(
        "paid in part after an edit",
        SHOPIFY,
        [
            shopify(100, 31),
            shopify(
                100,
                4,
                shopify_line(1, BOOK),
                shopify_line(2, SOUNDS),
                financial_status="partially_paid",
                total_price="20.00",
            ),
        ],
        {100: End(ONE, shut=(1234568,))},
        has_past=True,
    ),
    Case(
        "a key that another order has",
        WOO,
        [
            woo(111, 6, order_key="wc_order_copiedAbCdEf", email="first@x.example"),
            woo(112, 6, order_key="wc_order_copiedAbCdEf", email="second@x.example"),
        ],
        {
            111: End(EBOOK_OPEN),
            112: End(EBOOK_OPEN, has_token=False, email="second@x.example", notes=("token",)),
        },
        mailed=("first@x.example", "second@x.example"),
    ),
    Case(
        "a refund that was entered by mistake",
        GENERIC,
        [
            generic(170, 20, BOOK, quantity=2, refunds=[]),
            generic(
                170,
                10,
                BOOK,
                quantity=2,
                refunds=[
                    {
                        "id": 7,
                        "refunded_at": moment(10).isoformat(),
                        "lines": [{"line_id": 1, "quantity": 2}],
                    }
                ],
            ),
            generic(170, 2, BOOK, quantity=2, refunds=[]),
        ],
        {170: End({1234567: 6})},
    ),
    Case(
        "a refund whose lines were taken out",
        GENERIC,
        [
            generic(
                171,
                10,
                BOOK,
                quantity=2,
                refunds=[
                    {
                        "id": 7,
                        "refunded_at": moment(10).isoformat(),
                        "lines": [{"line_id": 1, "quantity": 2}],
                    }
                ],
            ),
            generic(
                171,
                1,
                BOOK,
                quantity=2,
                refunds=[{"id": 7, "refunded_at": moment(2).isoformat(), "lines": []}],
            ),
        ],
        {171: End({1234567: 6})},
    ),
    *(
        Case(
            f"a refund known that cannot be read: {name}",
            GENERIC,
            [
                generic(172, 20, BOOK, quantity=2, refunds=[_refund()]),
                generic(172, 3, BOOK, quantity=2, refunds=[_refund() | odd]),
            ],
            {172: End(shut=(1234567,), status="closed")},
        )
        for name, odd in (
            ("no lines", {"lines": None}),
            ("a text for lines", {"lines": "all"}),
            ("a line that is none", {"lines": ["1"]}),
            ("no number of a line", {"lines": [{"line_id": "abc", "quantity": 2}]}),
            ("no units", {"lines": [{"line_id": 1, "quantity": ""}]}),
        )
    ),
    *(
        Case(
            f"a line that was refunded, its number then {number!r}",
            SHOPIFY,
            [
                shopify(173, 20, shopify_line(1, BOOK), shopify_line(2, SOUNDS), refunds=_BACK),
                shopify(173, 3, shopify_line(number, BOOK), shopify_line(2, SOUNDS), refunds=_BACK),
            ],
            {173: End({1234568: 3}, shut=(1234567,))},
            has_past=True,
        )
        for number in (None, "abc", -1)
    ),
    *(
        Case(
            f"a line that was known, then {name}, WooCommerce",
            WOO,
            [
                woo(175, 20, woo_line(1, EBOOK, quantity=2), woo_line(2, ALBUM)),
                woo(175, 3, row, woo_line(2, ALBUM)),
            ],
            {175: End({501: 6, 502: 3}, notes=("line_items[0]",))},
            has_past=True,
        )
        for name, row in (("an empty object", {}), ("what we know no word of", {"amount": "1"}))
    ),
    Case(
        "lines that were known, then one of nothing, Shopify",
        SHOPIFY,
        [shopify(176, 20), shopify(176, 3, {})],
        {176: End(ONE, notes=("line_items[0]",))},
        has_past=True,
    ),
    Case(
        "a line that was known, then an empty object, a shop of one's own",
        GENERIC,
        [
            generic(177, 20, BOOK, quantity=2),
            generic(177, 3, BOOK, lines=[{"product": [], "quantity": ""}]),
        ],
        {177: End({1234567: 6}, notes=("lines[0]",))},
        has_past=True,
    ),
    Case(
        "a line that was taken out, its units then not told",
        SHOPIFY,
        [
            shopify(174, 20, shopify_line(1, BOOK, current_quantity=0), shopify_line(2, SOUNDS)),
            shopify(174, 3, shopify_line(1, BOOK, current_quantity=None), shopify_line(2, SOUNDS)),
        ],
        {174: End({1234568: 3}, shut=(1234567,))},
        has_past=True,
    ),
    *(
        Case(
            f"{status} by {gateway or 'a plugin'}, {'dated' if dated else 'no date'}",
            WOO,
            [
                woo(
                    180,
                    6,
                    woo_line(1, EBOOK),
                    woo_line(2, PAPER),
                    status=status,
                    payment_method=gateway,
                    date_paid_gmt=moment(6).strftime("%Y-%m-%dT%H:%M:%S") if dated else None,
                )
            ],
            {180: End(shut=(501,), status="pending")},
            mailed=(),
        )
        for status, gateway, dated in (
            ("processing", "cod", False),
            ("processing", "cod", True),
            ("processing", "cheque", True),
            ("processing", "bacs", True),
            ("partially-paid", "", True),
            ("pre-ordered", "", True),
        )
    ),
    Case(
        "a variant deleted since keeps its buyer's files",
        SHOPIFY,
        [shopify(191, 60), shopify(191, 1, shopify_line(1, (None, None), product_exists=False))],
        {191: End(ONE)},
        has_past=True,
    ),
    *(
        Case(
            f"a variant deleted since, its number {variant!r}",
            SHOPIFY,
            [shopify(192, 60), shopify(192, 1, shopify_line(1, (BOOK[0], variant)))],
            {192: End(ONE)},
            has_past=True,
        )
        for variant in (0, "0", "")
    ),
    Case(
        "a variation deleted since keeps its buyer's files",
        WOO,
        [woo(281, 60, woo_line(1, PRO)), woo(281, 3, woo_line(1, (700, 0)))],
        {281: End({702: 3})},
        has_past=True,
    ),
    Case(
        "a sub-order gives nothing of its own",
        WOO,
        [woo(121, 6), woo(122, 6, parent_id=121)],
        {121: End(EBOOK_OPEN), 122: End(status="completed")},
        mailed=("ada@woo.example",),
    ),
]

_odd_woo: list[tuple[str, dict[str, Any], End]] = [
    (
        "a fraction of a unit",
        {"lines": [woo_line(1, EBOOK), woo_line(2, PAPER, quantity=0.5)]},
        End(EBOOK_OPEN),
    ),
    ("a quantity of 1.0", {"lines": [woo_line(1, EBOOK, quantity=1.0)]}, End(EBOOK_OPEN)),
    ("a quantity as text", {"lines": [woo_line(1, EBOOK, quantity="1")]}, End(EBOOK_OPEN)),
    ("an empty total", {"total": ""}, End(EBOOK_OPEN)),
    ("a grouped total", {"total": "1,250.00"}, End(EBOOK_OPEN)),
    ("no such day", {"date_paid_gmt": "-0001-11-30T00:00:00"}, End(EBOOK_OPEN)),
    ("no day at all", {"date_created_gmt": None}, End(EBOOK_OPEN)),
    ("a list for an address", {"billing": []}, End(EBOOK_OPEN, email="")),
    (
        "a gift without a product",
        {"lines": [woo_line(1, EBOOK), woo_line(2, (None, None), sku=None)]},
        End(EBOOK_OPEN),
    ),
    ("a number for a SKU", {"lines": [woo_line(1, EBOOK, sku=12345)]}, End(EBOOK_OPEN)),
    ("letters in its number", {"number": "WEB-906735"}, End(EBOOK_OPEN, number="WEB-906735")),
]
_odd_shopify: list[tuple[str, dict[str, Any], End]] = [
    ("a quantity as text", {"lines": [shopify_line(1, BOOK, quantity="1")]}, End(ONE)),
    ("ids as text", {"lines": [shopify_line("1", (123456, "1234567"))]}, End(ONE)),
    ("a number for a SKU", {"lines": [shopify_line(1, BOOK, sku=100)]}, End(ONE)),
    ("a number for a title", {"lines": [shopify_line(1, BOOK, variant_title=42)]}, End(ONE)),
    ("an empty total", {"total_price": ""}, End(ONE)),
    ("a list for the customer", {"customer": []}, End(ONE, email="buyer@shopify.example")),
    ("nobody", {"email": None, "customer": {"id": None, "email": None}}, End(ONE, email="")),
    (
        "a tip",
        {"lines": [shopify_line(1, BOOK), shopify_line(2, (None, None), title="Tip")]},
        End(ONE),
    ),
    (
        "a refund of no line",
        {
            "refunds": [
                {
                    "id": 5,
                    "created_at": moment(1).isoformat(),
                    "refund_line_items": [{"line_item_id": None, "quantity": 1}],
                }
            ]
        },
        End(ONE),
    ),
    (
        "a line of no units",
        {"lines": [shopify_line(1, BOOK), shopify_line(2, SOUNDS, quantity=0, current_quantity=0)]},
        End(ONE, shut=(1234568,)),
    ),
    ("no number", {"order_number": None, "name": "#34710"}, End(ONE, number="34710")),
    (
        "no word on the payment",
        {"financial_status": None, "total_price": "0.00"},
        End(shut=(1234567,), status="pending"),
    ),
    ("lines without a number", {"lines": [shopify_line(None, BOOK)]}, End(ONE)),
    (
        "lines of the number 0",
        {"lines": [shopify_line(0, BOOK), shopify_line(0, SOUNDS)]},
        End({1234567: 3, 1234568: 3}, notes=("line_items[0].id: has no number",)),
    ),
    (
        "a refund of the number 0",
        {"refunds": [_BACK[0] | {"id": 0}]},
        End(ONE, notes=("refunds[0].id",)),
    ),
    (
        "two lines of one number",
        {"lines": [shopify_line(1, BOOK), shopify_line(1, SOUNDS)]},
        End({1234567: 3, 1234568: 3}),
    ),
]
CASES += [
    Case(
        f"odd, WooCommerce: {name}",
        WOO,
        [woo(148, 6, *words.pop("lines", ()), **words)],
        {148: end},
    )
    for name, words, end in _odd_woo
]
CASES += [
    Case(
        f"odd, Shopify: {name}",
        SHOPIFY,
        [shopify(158, 6, *words.pop("lines", ()), **words)],
        {158: end},
    )
    for name, words, end in _odd_shopify
]
