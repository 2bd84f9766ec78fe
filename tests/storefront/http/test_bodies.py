"""Where a body is left unread, the connection is closed after the answer."""

import itertools

import pytest
from django.core.handlers.wsgi import WSGIHandler

from storefront.http.bodies import TrackedBody
from tests.storefront.http.asking import METHODS, CountedInput, ask, every_path

SIZE = 50_000_000
BOUND = b'--x\r\nContent-Disposition: form-data; name="email"\r\n\r\na@b.example\r\n--x--\r\n'


@pytest.mark.slow
@pytest.mark.django_db
def test_no_answer_keeps_a_line_on_which_a_body_is_left():
    handler, kept = WSGIHandler(), []
    for path, method in itertools.product(every_path(), METHODS):
        declared, chunked = CountedInput(), CountedInput()
        asked = {"method": method, "handler": handler}
        by_length = ask(path, body=declared, CONTENT_LENGTH=str(SIZE), **asked)
        in_chunks = ask(path, body=chunked, HTTP_TRANSFER_ENCODING="chunked", **asked)
        if (by_length.is_closing, in_chunks.is_closing) != (declared.taken < SIZE, True):
            kept.append((path, method))
    assert kept == []


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("path", "more", "status"),
    [
        ("/api/graphql", {"CONTENT_TYPE": "application/json"}, 401),
        ("/", {"HTTP_HOST": "elsewhere.example"}, 400),
        ("/nowhere", {}, 404),
        ("/api/v2/customer-account-orders", {}, 405),
        ("/api/shop/customer-downloadable-products", {"REQUEST_METHOD": "GET"}, 401),
    ],
)
def test_each_refusal_before_the_body_closes(path, more, status):
    body = CountedInput()
    reply = ask(path, body=body, CONTENT_LENGTH=str(SIZE), **more)
    assert (reply.status, reply.is_closing, body.taken) == (status, True, 0)


def test_a_redirect_to_https_closes(settings):
    settings.SECURE_SSL_REDIRECT = True
    body = CountedInput()
    reply = ask("/links", body=body, CONTENT_LENGTH="9")
    assert (reply.status, reply.is_closing, body.taken) == (301, True, 0)


@pytest.mark.django_db
def test_a_body_read_to_its_end_keeps_the_line():
    form = CountedInput(BOUND)
    assert not ask("/links", body=form, CONTENT_LENGTH=str(len(BOUND))).is_closing


@pytest.mark.django_db
@pytest.mark.parametrize("length", [None, "", "0", "-5", "five"])
def test_no_body_keeps_the_line(length):
    more = {} if length is None else {"CONTENT_LENGTH": length}
    assert not ask("/healthz", method="GET", body=CountedInput(b""), **more).is_closing


def test_a_chunked_body_is_over_where_nothing_more_comes():
    body = TrackedBody(CountedInput(b"ab\ncd"), length=None)
    assert (body.readline(), body.is_unread) == (b"ab\n", True)
    assert (body.read(2), body.read(0), body.is_unread) == (b"cd", b"", True)
    assert (body.read(), body.is_unread) == (b"", False)


def test_a_body_that_breaks_off_is_over():
    body = TrackedBody(CountedInput(b"ab"), length=5)
    assert (body.read(None), body.is_unread) == (b"ab", True)
    assert (body.readline(None), body.is_unread) == (b"", False)
