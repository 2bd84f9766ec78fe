"""Refusals as pages: a heading, what happened, and what the person can do next."""

import pytest
from django.contrib.auth.middleware import AuthenticationMiddleware
from django.contrib.messages.middleware import MessageMiddleware
from django.contrib.sessions.middleware import SessionMiddleware

from downloads.errors import BadInput, NotFound, StorageDown, Unavailable
from storefront.http.errors import ClickOver, OpensInTab, OutOfReach, RateExceeded, Unauthenticated
from storefront.pages.errors import (
    TITLES_AND_STEPS,
    answers_with_pages,
    prefetch_refused,
    refusal_page,
)
from tests.storefront.conftest import Page

ASK = "If you think this is a mistake, please ask the shop."
REOPEN = "Open your order page again, from the shop's mail or your account, and download there."
UNAVAILABLE = {
    "pending": (
        403,
        "Waiting for your payment",
        "This order has not been paid yet. The download opens as soon as the payment has arrived.",
        "Come back once the payment has arrived; this link will work then.",
    ),
    "held": (
        403,
        "The shop is checking your payment",
        "The shop is still checking the payment of this order. The download opens as soon as that "
        "is done.",
        "Come back later; this link will work then. If it takes long, please ask the shop.",
    ),
    "canceled": (
        410,
        "This order was cancelled",
        "This order was cancelled, so its downloads are closed.",
        ASK,
    ),
    "refunded": (
        410,
        "This purchase was refunded",
        "This purchase was refunded, so its download is closed.",
        ASK,
    ),
    "replaced": (
        410,
        "Changed to another product",
        "This purchase was changed to another product, whose downloads took its place.",
        "Open your order page again, from the shop's mail or your account, and download there.",
    ),
    "withdrawn": (
        410,
        "Withdrawn by the shop",
        "The shop has withdrawn this download.",
        "Please ask the shop what replaces it.",
    ),
    "past": (
        410,
        "The time is over",
        "The time for this download is over.",
        "Please ask the shop for more time.",
    ),
    "used_up": (
        410,
        "All downloads used",
        "All downloads of this item have been used.",
        "Please ask the shop to allow more.",
    ),
    "link_past": (410, "This link is too old", "This download link is too old.", REOPEN),
    "click_over": (
        410,
        "This download has ended",
        "This download can no longer be continued.",
        "Start again with the button. It counts as one more download.",
    ),
}
OTHERS = {
    NotFound("No such thing."): (404, "Not found", "No such thing.", REOPEN),
    StorageDown(): (
        503,
        "The file is not within reach",
        "This file cannot be read just now. Nothing was counted; please try again shortly.",
        "Wait a moment, then reload this page.",
    ),
    OutOfReach(): (
        503,
        "One moment, please",
        "The service cannot reach its own records just now. Please try again shortly: the same "
        "link is never counted twice.",
        "Wait a moment, then reload this page.",
    ),
    RateExceeded(17): (
        429,
        "Too many tries",
        "Too many requests came from your connection within a minute.",
        "Wait 17 seconds, then try again.",
    ),
    BadInput("Too odd."): (400, "This did not work", "Too odd.", ASK),
    OpensInTab(): (
        409,
        "Open this in a tab",
        "This download is kept at another site: open its address in a new tab. Nothing was "
        "counted.",
        REOPEN,
    ),
    Unauthenticated(): (
        401,
        "This did not work",
        "You are not signed in.",
        ASK,
    ),
}


def words_of(response):
    page = Page(response)
    return response.status_code, page.texts["h1"][0], *page.texts["p"]


def test_every_reason_has_words():
    assert set(TITLES_AND_STEPS) == set(Unavailable.MESSAGES) == set(UNAVAILABLE)


@pytest.mark.parametrize(("reason", "words"), UNAVAILABLE.items())
def test_a_refused_download_says_why_and_what_next(rf, reason, words):
    response = refusal_page(rf.get("/"), Unavailable(reason))
    assert words_of(response) == words
    assert Page(response).actions == []
    assert "Retry-After" not in response


@pytest.mark.parametrize(("error", "words"), OTHERS.items(), ids=lambda value: type(value).__name__)
def test_every_refusal_has_a_status_and_words(rf, error, words):
    assert words_of(refusal_page(rf.get("/"), error)) == words


def test_one_second_is_told_as_one(rf):
    assert (
        words_of(refusal_page(rf.get("/"), RateExceeded(1)))[3] == "Wait 1 second, then try again."
    )


def test_a_click_whose_time_is_over_offers_another(rf):
    response = refusal_page(rf.get("/"), ClickOver("/clicks/7/1/n/s"))
    assert words_of(response) == UNAVAILABLE["click_over"]
    page = Page(response)
    assert [(attrs["method"], attrs["action"]) for tag, attrs in page.tags if tag == "form"] == [
        ("post", "/clicks/7/1/n/s")
    ]
    assert page.texts["button"] == ["Download again"]


@pytest.mark.parametrize(
    ("error", "seconds"), [(RateExceeded(17), "17"), (StorageDown(), "30"), (OutOfReach(), "30")]
)
def test_a_refusal_that_passes_says_when(rf, error, seconds):
    assert refusal_page(rf.get("/"), error)["Retry-After"] == seconds


def test_a_page_for_a_database_that_is_gone_asks_no_database(rf, db, django_assert_num_queries):
    request = rf.get("/downloads/7/1/n/s")
    for middleware in (SessionMiddleware, AuthenticationMiddleware, MessageMiddleware):
        request.COOKIES["sessionid"] = "somebody's"
        middleware(lambda request: None).process_request(request)
    with django_assert_num_queries(0):
        assert refusal_page(request, OutOfReach()).status_code == 503


def test_words_are_escaped(rf):
    response = refusal_page(rf.get("/"), NotFound('<script>alert("x")</script>'))
    assert [tag for tag, _attrs in Page(response).tags if tag == "script"] == []
    assert words_of(response)[2] == '<script>alert("x")</script>'


def test_only_the_domains_own_errors_become_pages(rf):
    @answers_with_pages
    def refuse(request):
        raise NotFound("No such thing.")

    @answers_with_pages
    def fail(request):
        raise RuntimeError("ours")

    assert refuse(rf.get("/")).status_code == 404
    with pytest.raises(RuntimeError, match="ours"):
        fail(rf.get("/"))


def test_a_prefetch_gets_a_word_and_nothing_else(rf):
    response = prefetch_refused(rf.get("/", headers={"accept": "text/html"}))
    assert (response.status_code, response.content) == (503, b"Open this link to download.")
    assert response["Content-Type"] == "text/plain; charset=utf-8"


def test_no_page_tells_the_sentence_that_programs_are_told(rf):
    for error in (RateExceeded(17), Unauthenticated()):
        assert str(error) not in refusal_page(rf.get("/"), error).content.decode()
