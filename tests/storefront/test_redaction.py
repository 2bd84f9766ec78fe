"""What is blotted out of every log line, and what is left."""

import logging
import sys

from storefront.redaction import RedactingFormatter, redact

REDACTED = {
    "GET /api/v2/customer-account-orders?id=0c73 HTTP/1.1": (
        "GET /api/v2/customer-account-orders?id=[redacted] HTTP/1.1"
    ),
    "/api/v2/customer-account-orders?a=1&id=0c73&b=2": (
        "/api/v2/customer-account-orders?a=1&id=[redacted]&b=2"
    ),
    "?id=one&id=two": "?id=[redacted]&id=[redacted]",
    "?id=%30c%0073 x": "?id=[redacted] x",
    "Not Found: /orders/0c732eb6": "Not Found: /orders/[redacted]",
    "Not Found: /orders/12.0.a-b_c": "Not Found: /orders/[redacted]",
    '"GET /orders/0c73?utm=1 HTTP/1.1" 200': '"GET /orders/[redacted]?utm=1 HTTP/1.1" 200',
    "/downloads/7/1772366400/nonce/signature": "/downloads/[redacted]",
    "/clicks/7/1772366400/nonce/signature HTTP": "/clicks/[redacted] HTTP",
    'at "http://localhost:8000/downloads/7/1/n/s" now': (
        'at "http://localhost:8000/downloads/[redacted]" now'
    ),
    "<a href='/orders/0c73'>": "<a href='/orders/[redacted]'>",
    "X-STOREFRONT-KEY: pk_storefront_aB3-_x": "X-STOREFRONT-KEY: pk_storefront_[redacted]",
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
}
LEFT = [
    "GET / HTTP/1.1",
    "GET /orders/ HTTP/1.1",
    "/admin/downloads/order/7/change/",
    "/api/graphql",
    "/admin/downloads/asset/0b7f7e0c-6a70-4b55-9d33-0c5b2ff0a1de/change/",
    "/site-packages/storefront_of_many_words_2.py",
    "identity=7&valid=1",
]


def test_a_secret_is_blotted_out():
    assert {text: redact(text) for text in REDACTED} == REDACTED


def test_what_is_blotted_out_stays_as_it_is():
    assert [redact(text) for text in REDACTED.values()] == list(REDACTED.values())


def test_what_is_no_secret_is_left():
    assert [redact(text) for text in LEFT] == LEFT


def test_a_traceback_still_names_its_files():
    line = '  File "/srv/app/downloads/lookups.py", line 62, in order_for_storefront'
    assert redact(line) == line


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
    assert isinstance(written["WatchedFileHandler"], RedactingFormatter)
