"""What is blotted out of every log line, and what is left."""

import logging
import sys

import pytest

from storefront.http.log_redaction import RedactingFormatter, redact

SECRET_KEY = "sk_" + "Ab3d-_7" * 7
BEARER = "12|" + "q2W-e4_" * 6
REDACTED = {
    "GET /api/v2/customer-account-orders?id=0c73 HTTP/1.1": (
        "GET /api/v2/customer-account-orders?id=[redacted] HTTP/1.1"
    ),
    "/api/v2/customer-account-orders?a=1&id=0c73&b=2": (
        "/api/v2/customer-account-orders?a=1&id=[redacted]&b=2"
    ),
    "?id=one&id=two": "?id=[redacted]&id=[redacted]",
    '"GET /admin/downloads/order/?payment=paid&q=%2Forders%2F0c73 HTTP/1.1" 200': (
        '"GET /admin/downloads/order/?payment=paid&q=[redacted] HTTP/1.1" 200'
    ),
    "/admin/autocomplete/?term=0c73&page=2": "/admin/autocomplete/?term=[redacted]&page=2",
    "/change/?_changelist_filters=p%3D1%26q%3D0c73%26all%3D": (
        "/change/?_changelist_filters=p%3D1%26q%3D[redacted]%26all%3D"
    ),
    "/?_changelist_filters=q%3D0c73 HTTP": "/?_changelist_filters=q%3D[redacted] HTTP",
    "?next=/admin/downloads/order/%3Fq%3D0c73": "?next=/admin/downloads/order/%3Fq%3D[redacted]",
    "?id=%30c%0073 x": "?id=[redacted] x",
    "Not Found: /orders/0c732eb6": "Not Found: /orders/[redacted]",
    "Not Found: /orders/12.0.a-b_c": "Not Found: /orders/[redacted]",
    '"GET /orders/0c73?utm=1 HTTP/1.1" 200': '"GET /orders/[redacted]?utm=1 HTTP/1.1" 200',
    "/downloads/7/1772366400/nonce/signature": "/downloads/[redacted]",
    f"Not Found: /downloads/7/1/nonce/{'s' * 43}/Don't “stop” – 日本.mp3": (
        "Not Found: /downloads/[redacted]"
    ),
    f'"GET /downloads/7/1/nonce/{"s" * 43}/F%C3%BCr%20Elise.mp3?a=1 HTTP/1.1" 200': (
        '"GET /downloads/[redacted] HTTP/1.1" 200'
    ),
    f"url='/downloads/7/1/nonce/{'s' * 43}/My book.epub', next": (
        "url='/downloads/[redacted]', next"
    ),
    f"/downloads/7/1/nonce/{'s' * 43}/a b.mp3\nnext line": "/downloads/[redacted]\nnext line",
    "/clicks/7/1772366400/nonce/signature HTTP": "/clicks/[redacted] HTTP",
    'at "http://localhost:8000/downloads/7/1/n/s" now': (
        'at "http://localhost:8000/downloads/[redacted]" now'
    ),
    "<a href='/orders/0c73'>": "<a href='/orders/[redacted]'>",
    "X-STOREFRONT-KEY: pk_storefront_aB3-_x": "X-STOREFRONT-KEY: pk_storefront_[redacted]",
    "signed with whsec_MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3+/=, as told": (
        "signed with whsec_[redacted], as told"
    ),
    "Authorization: Bearer 12|secret": "Authorization: Bearer [redacted]",
    "authorization: bearer   12|secret, next": "authorization: bearer   [redacted] next",
    "{'HTTP_AUTHORIZATION': 'Bearer 1|s'}": "{'HTTP_AUTHORIZATION': 'Bearer [redacted]'}",
    # Near misses: what is no route of ours may hold a token all the same.
    "Not Found: /Orders/0c73": "Not Found: /Orders/[redacted]",
    "Not Found: /order/0c732eb6fd9802a0821a9d29888baee8": "Not Found: /order/[redacted]",
    "/api/v2/customer-account-orders/0c732eb6fd9802a0821a9d29888baee8": (
        "/api/v2/customer-account-orders/[redacted]"
    ),
    "/orders/one then /orders/two": "/orders/[redacted] then /orders/[redacted]",
    "/downloads/7/1772366400/nonce/signature.py": "/downloads/[redacted]",
    "GET /invitations/a-b_c HTTP/1.1": "GET /invitations/[redacted] HTTP/1.1",
    "/admin/login/?next=/admin/downloads/invitation/accept/a-b_c/ HTTP": (
        "/admin/login/?next=/admin/downloads/invitation/accept/[redacted] HTTP"
    ),
    "GET /accounts/7.0.a-b_c HTTP/1.1": "GET /accounts/[redacted] HTTP/1.1",
    # A server's key, and a bearer wherever it stands.
    f"Authorization: {SECRET_KEY} refused": "Authorization: sk_[redacted] refused",
    f"Bearer {SECRET_KEY}": "Bearer [redacted]",
    f'"{SECRET_KEY}"': '"sk_[redacted]"',
    f"cut off: {SECRET_KEY[:30]}": "cut off: sk_[redacted]",
    f"{BEARER} is unknown": "12|[redacted] is unknown",
    f"('{BEARER}',)": "('12|[redacted]',)",
    f"?next=12%7C{BEARER[3:]}&a=1": "?next=12%7C[redacted]&a=1",
    f"%2212%7c{BEARER[3:]}%22": "%2212%7c[redacted]",
    f"id={BEARER},customer=7": "id=12|[redacted]",
    # What a person typed or was handed, in each of the forms a text takes on its way.
    '{"email": "a@b.c", "password": "hunter 2, or 3"}': (
        '{"email": "a@b.c", "password": "[redacted]"}'
    ),
    '{"password" : "h\\"2","confirmPassword":"h\\"2"}': (
        '{"password" : "[redacted]","confirmPassword":"[redacted]"}'
    ),
    '{"password": 123456, "token":true}': '{"password": [redacted], "token":[redacted]}',
    "{'password': 'hunter2', 'token': \"it's\"}": (
        "{'password': '[redacted]', 'token': \"[redacted]\"}"
    ),
    "<QueryDict: {'new_password1': ['hunter2']}>": "<QueryDict: {'new_password1': ['[redacted]']}>",
    "{'password': b'hunter2'}": "{'password': b'[redacted]'}",
    'login(email: "a@b.c", password: "hunter2") {token}': (
        'login(email: "a@b.c", password: "[redacted]") {token}'
    ),
    'login(password: """hunter\n"2""") {token}': 'login(password: """[redacted]""") {token}',
    '{"query": "{login(password: \\"h\\\\\\"2\\")}"}': (
        '{"query": "{login(password: \\"[redacted]\\")}"}'
    ),
    '{"query": "{login(password: \\"\\"\\"h 2\\"\\"\\")}"}': (
        '{"query": "{login(password: \\"\\"\\"[redacted]\\"\\"\\")}"}'
    ),
    r'"{\\\"token\\\": \\\"0c73\\\"}"': r'"{\\\"token\\\": \\\"[redacted]\\\"}"',
    'password: "cut off by a limi': 'password: "[redacted]',
    "token='0c73'\nnext line": "token='[redacted]'\nnext line",
    "email=a%40b.c&password=hunter2&confirmPassword=hunter2 HTTP": (
        "email=a%40b.c&password=[redacted]&confirmPassword=[redacted] HTTP"
    ),
    "password=hunter2&a=1": "password=[redacted]&a=1",
    "csrftoken=q2w3; sessionid=0c73e4r5; a=1": ("csrftoken=[redacted]; sessionid=[redacted]; a=1"),
}
LEFT = [
    "GET / HTTP/1.1",
    "GET /orders/ HTTP/1.1",
    "GET /accounts/ HTTP/1.1",
    "/admin/downloads/order/7/change/",
    "/admin/storefront/account/7/change/",
    "/api/graphql",
    "/api/v1/customer-tokens",
    "/api/shop/customer-downloadable-products/7/download",
    "/admin/downloads/asset/0b7f7e0c-6a70-4b55-9d33-0c5b2ff0a1de/change/",
    "/site-packages/storefront_of_many_words_2.py",
    "/srv/app/downloads/migrations/0009_refunds_without_orders.py",
    "identity=7&valid=1",
    # The field of a log's line that says which request it was.
    "2026-11-22 09:41:44,001 ERROR 0c732eb6fd9802a0821a9d29888baee8 storefront.rest.base It failed",
    "X-Request-ID: 0c732eb6fd9802a0821a9d29888baee8",
    "task_id risk_assessments_changed sk_ sk_Ab3d",
    "7|8 and 12|short",
    "login($password: String!, $token: String) {login(password: $password) {token}}",
    'password: "", token: \'\', Unexpected token "x", the secret of it',
    "'password' is a required field",
]


def test_a_secret_is_blotted_out():
    assert {text: redact(text) for text in REDACTED} == REDACTED


def test_what_is_blotted_out_stays_as_it_is():
    assert [redact(text) for text in REDACTED.values()] == list(REDACTED.values())


def test_what_is_no_secret_is_left():
    assert [redact(text) for text in LEFT] == LEFT


def test_a_traceback_still_names_its_files():
    for file in ("downloads/lookups/orders.py", "storefront/admin/orders/admin.py"):
        line = f'  File "/srv/app/{file}", line 62, in order_for_storefront'
        assert redact(line) == line


# Each begins like a secret again and again, and then is none. A pattern that looks ahead without
# bounds, or goes back over what it has read, would not come to its end here for minutes.
LONG, MANY = 200_000, 20_000
HOSTILE = [
    "/" * LONG,
    "/" + "a" * LONG,
    "1" * LONG + "|",
    "12|" * MANY,
    "Bearer" + " " * LONG,
    "pass" * MANY,
    "passwordx" * MANY,
    "password" + "\\" * LONG,
    "password" + " " * LONG + ":",
    "password: " * MANY,
    'token=""' * MANY,
    "&" + "a" * LONG + "=",
    "&token" * MANY,
    "?id" * MANY,
]
ENDLESS = {
    "/downloads" * MANY + "/x.py": "/downloads/[redacted]",
    f"/downloads/7/1/n/{'s' * 43}/" * MANY: "/downloads/[redacted]",
    f"/downloads/7/1/n/{'s' * 43}/" + "'" * LONG: "/downloads/[redacted]'",
    "sk_" * MANY: "sk_[redacted]",
    "Bearer " + "\\" * LONG: "Bearer [redacted]",
    'password: "' * (2 * MANY + 1): 'password: "[redacted]"' * MANY + 'password: "',
    'password: "' + '\\"' * MANY: 'password: "[redacted]',
    'password: """' + '"x' * MANY: 'password: """[redacted]',
}


@pytest.mark.slow
@pytest.mark.parametrize("text", HOSTILE, ids=lambda text: text[:12])
def test_a_long_hostile_line_is_read_through_and_left(text):
    assert redact(text) == text


@pytest.mark.slow
@pytest.mark.parametrize(("text", "expected"), ENDLESS.items(), ids=lambda text: text[:12])
def test_an_endless_secret_is_blotted_out_to_its_end(text, expected):
    assert redact(text) == expected


def test_arguments_and_tracebacks_are_redacted_too():
    formatter = RedactingFormatter("{levelname} {message}", style="{")
    try:
        raise RuntimeError("no answer to /orders/0c73")  # noqa: TRY301
    except RuntimeError:
        record = logging.LogRecord(
            "x", logging.ERROR, "x.py", 1, "%s of %s", ("?id=0c73", "b"), sys.exc_info()
        )
    lines = formatter.format(record).splitlines()
    assert lines[0] == "ERROR ?id=[redacted] of b"
    assert lines[-1] == "RuntimeError: no answer to /orders/[redacted]"


def test_no_handler_writes_without_redaction():
    names = [name for name in logging.root.manager.loggerDict if name.startswith("django")]
    assert {"django", "django.request", "django.server"} <= set(names)
    loggers = [logging.getLogger(name) for name in names]
    assert [logger.name for logger in loggers if logger.handlers or not logger.propagate] == []
    written = {type(handler).__name__: handler.formatter for handler in logging.root.handlers}
    assert isinstance(written["StreamHandler"], RedactingFormatter)
    assert isinstance(written["SharedRotatingFileHandler"], RedactingFormatter)
