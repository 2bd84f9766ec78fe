"""Files of mixed, odd orders in every format, the same ones for the same seed."""

import csv
import json
from dataclasses import dataclass, field
from io import StringIO
from random import Random

LONG = "x" * 2_000_000
NAMES = [
    "Ada",
    "Søren",
    "Bücher & Söhne",
    "名前",
    '=cmd|"/c calc"!A1',
    "O'Brien",
    "a\0b",
    "Zoë\nLine",
]
PRODUCTS = ["My new Book", "Course - Pro", "Fonts; Icons", 'The "Best" Of', "Été, déjà"]
FORMATS = (
    "plain",
    "shopify_csv",
    "permissions",
    "gumroad",
    "edd",
    "bulk",
    "shopify",
    "woocommerce",
)


@dataclass
class OddFile:
    """A file's bytes, how many orders it should bring, and what names those it should not."""

    name: str
    content: bytes = b""
    good: int = 0
    refused: list[str] = field(default_factory=list)


def odd_files(count, seed):
    """Return files that hold `count` orders between them, good ones and broken ones."""
    chance = Random(seed)  # noqa: S311
    shares = [chance.choice(FORMATS) for _number in range(count)]
    return [MAKERS[name](name, shares.count(name), chance) for name in FORMATS if name in shares]


def _table(name, header, orders, chance, *, separator=None, encoding=None):
    """Write rows as spreadsheets may have saved them."""
    text = StringIO()
    separator = separator or chance.choice(",;\t")
    writer = csv.DictWriter(
        text, header, delimiter=separator, lineterminator=chance.choice(["\n", "\r\n"])
    )
    writer.writeheader()
    rows = [row for order in orders for row in order]
    if chance.random() < 0.5:
        chance.shuffle(rows)
    writer.writerows(rows)
    return text.getvalue().encode(encoding or chance.choice(["utf-8", "utf-8-sig"]))


def _plain(name, count, chance):
    header = ["order_number", "placed_at", "paid", "email", "first_name", "product", "sku"]
    header += ["quantity", "refunded_units", "downloads_used", "token", "total"]
    made, orders = OddFile(name), []
    for number in range(1, count + 1):
        row = {
            "order_number": f"{chance.choice(['', '#', 'WEB-', '00'])}{number}",
            "placed_at": chance.choice(
                ["2025-06-15", "2025-06-15 10:30", "45823.4375", "soon", ""]
            ),
            "paid": chance.choice(["yes", "no", "2025-06-16", "TRUE", "", "refunded"]),
            "email": chance.choice([f"a{number}@example.com", "a..b@docomo.ne.jp", "", "none"]),
            "first_name": chance.choice(NAMES),
            "product": chance.choice(PRODUCTS),
            "sku": chance.choice(["", "BOOK-1", "'=1+1"]),
            "quantity": chance.choice(["", "1", "2.0", "0.5", "many", "-3", "9" * 30]),
            "refunded_units": chance.choice(["", "0", "1"]),
            "downloads_used": chance.choice(["", "0", "2", "NaN"]),
            "token": chance.choice(["", "short", f"token-{number:032}"]),
            "total": chance.choice(["", "1,250.00", "free", "1.250,00", "1e999"]),
        }
        kind = chance.random()
        if kind < 0.03:
            row["refunded_units"] = "some"
            made.refused.append(row["order_number"])
        elif kind < 0.05 and number % 7 == 0:
            row["first_name"] = LONG
            made.refused.append("")
        else:
            made.good += 1
        orders.append([row])
        if kind > 0.8:
            orders[-1].append({"order_number": row["order_number"], "product": "Mug"})
    made.content = _table(name, header, orders, chance)
    return made


def _shopify_csv(name, count, chance):
    header = ["Name", "Email", "Financial Status", "Created at", "Lineitem quantity"]
    header += ["Lineitem name", "Lineitem sku", "Lineitem price", "Billing Name", "Id", "Total"]
    orders = []
    for number in range(1, count + 1):
        first = {
            "Name": f"#{5000 + number}",
            "Email": f"b{number}@example.com",
            "Financial Status": chance.choice(["paid", "PAID", "refunded", "pending", "voided"]),
            "Created at": "2024-03-08 11:15:52 -0500",
            "Lineitem quantity": chance.choice(["1", "3", "", "1.0"]),
            "Lineitem name": chance.choice(PRODUCTS),
            "Lineitem sku": "",
            "Billing Name": chance.choice(NAMES),
            "Id": chance.choice([str(6_000_000_000_000 + number), "6.0E+12", ""]),
            "Total": "10.00",
        }
        more = {"Name": first["Name"], "Lineitem quantity": "1", "Lineitem name": "Mug"}
        orders.append([first, more] if chance.random() < 0.5 else [first])
    return OddFile(name, _table(name, header, orders, chance), good=count)


def _permissions(name, count, chance):
    header = ["permission_id", "download_id", "product_id", "order_id", "order_key", "user_email"]
    header += ["user_id", "downloads_remaining", "access_granted", "access_expires"]
    header += ["download_count"]
    made, orders = OddFile(name), []
    for number in range(1, count + 1):
        order = str(70_000 + number)
        if chance.random() < 0.05:
            order = f"x{number}"
            made.refused.append(order)
        else:
            made.good += 1
        files = [
            {
                "permission_id": place,
                "product_id": chance.choice(["501", "502"]),
                "order_id": order,
                "order_key": f"wc_order_Key{number:012}",
                "user_email": f"c{number}@example.com",
                "user_id": chance.choice(["0", str(number)]),
                "access_granted": "2025-06-15 10:30:00",
                "download_count": chance.choice(["0", "2", "", "-1"]),
            }
            for place in range(chance.choice([1, 1, 3]))
        ]
        orders.append(files)
    made.content = _table(name, header, orders, chance)
    return made


def _gumroad(name, count, chance):
    header = ["Purchase ID", "Item Name", "Buyer Name", "Purchase Email", "Buyer Email"]
    header += ["Purchase Date", "Sale Price ($)", "Refunded?", "Fully Refunded?", "Quantity"]
    orders = [
        [
            {
                "Purchase ID": f"p{number}==",
                "Item Name": chance.choice(PRODUCTS),
                "Buyer Name": chance.choice(NAMES),
                "Purchase Email": f"d{number}@example.com",
                "Purchase Date": "2025-06-15",
                "Sale Price ($)": "10.0",
                "Refunded?": chance.choice("01"),
                "Quantity": chance.choice(["1", "2", ""]),
            }
        ]
        for number in range(1, count + 1)
    ]
    orders.append([{"Purchase ID": "Totals", "Sale Price ($)": "99"}])
    return OddFile(name, _table(name, header, orders, chance, separator=","), good=count)


def _edd(name, count, chance):
    header = ["Order ID", "Email", "Customer Name", "Products (Verbose)", "Products (Raw)"]
    header += ["Payment Method", "Transaction ID", "Purchase Key", "Date", "Status"]
    orders = [
        [
            {
                "Order ID": number,
                "Email": f"e{number}@example.com",
                "Customer Name": chance.choice(["Ada", "Søren", "Zoë"]),
                "Products (Verbose)": "Été (2) - €10.00 / Mug - €5.00",
                "Products (Raw)": "Été|10.00{0} / Mug|5.00{0}{2}",
                "Purchase Key": f"key-{number:032}",
                "Date": "2025-06-15 10:30:00",
                "Status": chance.choice(["Completed", "Refunded", "Pending", "Revoked"]),
            }
        ]
        for number in range(1, count + 1)
    ]
    return OddFile(name, _table(name, header, orders, chance, encoding="cp1252"), good=count)


def _lines(made, rows, chance):
    """Write rows as JSON lines, a broken one among them now and then."""
    lines = []
    for row in rows:
        lines.append(json.dumps(row))
        if chance.random() < 0.02:
            lines.append(chance.choice(['{"id": oops}', '{"id": 1, "id": 2}', "[" * 1000]))
            made.refused.append(f"line {len(lines)}")
    made.content = "\n".join(lines).encode()


def _bulk(name, count, chance):
    made, rows = OddFile(name), []
    for number in range(1, count + 1):
        gid = f"gid://shopify/Order/{8_000_000 + number}"
        order = {
            "id": gid,
            "name": f"#{8000 + number}",
            "createdAt": "2025-06-15T10:30:00Z",
            "displayFinancialStatus": chance.choice(["PAID", "REFUNDED", "PENDING"]),
            "email": f"f{number}@example.com",
        }
        line = {
            "id": f"gid://shopify/LineItem/{number}",
            "title": chance.choice(PRODUCTS),
            "quantity": 2,
            "variant": chance.choice([None, {"id": "gid://shopify/ProductVariant/70"}]),
            "__parentId": gid,
        }
        if chance.random() < 0.03:
            rows.append(line)  # of an order that is not in the file
            made.refused.append(gid)
        else:
            rows += [order, line]
            made.good += 1
    chance.shuffle(rows)
    _lines(made, rows, chance)
    return made


def _shopify(name, count, chance):
    made, rows = OddFile(name), []
    for number in range(1, count + 1):
        order = {
            "id": 9_000_000 + number,
            "order_number": number,
            "created_at": "2025-06-15T10:30:00Z",
            "financial_status": "paid",
            "email": f"g{number}@example.com",
            "line_items": [{"id": number, "quantity": 1, "title": chance.choice(PRODUCTS)}],
        }
        if chance.random() < 0.05:
            order["id"] = chance.choice([None, "x", {}])
            made.refused.append(str(number))
        else:
            made.good += 1
        rows.append(order)
    _lines(made, rows, chance)
    return made


def _woocommerce(name, count, chance):
    orders = [
        {
            "id": 40_000 + number,
            "number": str(40_000 + number),
            "order_key": f"wc_order_Rest{number:010}",
            "status": chance.choice(["completed", "processing", "pending", "wc-refunded"]),
            "date_created_gmt": "2025-06-15T10:30:00",
            "date_paid_gmt": chance.choice([None, "2025-06-15T10:31:00"]),
            "billing": {"email": f"h{number}@example.com"},
            "customer_id": 0,
            "line_items": [
                {"id": number, "name": "Ebook", "product_id": 501, "variation_id": 0, "quantity": 1}
            ],
        }
        for number in range(1, count + 1)
    ]
    return OddFile(name, json.dumps(orders).encode(), good=count)


MAKERS = {
    "plain": _plain,
    "shopify_csv": _shopify_csv,
    "permissions": _permissions,
    "gumroad": _gumroad,
    "edd": _edd,
    "bulk": _bulk,
    "shopify": _shopify,
    "woocommerce": _woocommerce,
}
