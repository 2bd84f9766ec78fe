"""The form by which anybody has the links to their downloads mailed to them again."""

import re
from pathlib import Path

import pytest
from django.core import mail as sent
from django.core.files import uploadhandler
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from config import settings as configured
from downloads import fulfilment
from downloads.models import Account, LinkRequest, Mail
from storefront.mail import sender
from storefront.signed_urls import new_click
from tests.factories import NOW, CustomerFactory, GrantFactory, OrderFactory, ShopFactory
from tests.storefront.conftest import PAGE, POLICY, TOKEN, Page, headers_of, policy_of

URL = "/links"
MAIL = "ada@example.com"
PASSWORD = "seventeen blue horses"
COMPLAINT = "Enter a mail address, like ada@example.com."
FORM = "application/x-www-form-urlencoded"

pytestmark = pytest.mark.django_db


def asked():
    """Return all that is noted of those who asked."""
    return list(LinkRequest.objects.values_list("email", "asked_at"))


def send_due():
    assert sender.send_due(clock=lambda: NOW)


def links_in(mail):
    return re.findall(r"^http://localhost:8000(/orders/\S+)$", mail.body, re.MULTILINE)


def is_form(response, status, complaint=None):
    """Say whether this is the form, and with which complaint."""
    page = Page(response)
    shown = (response.status_code, page.texts["h1"], page.texts.get("notice", [None]))
    return shown == (status, ["Your links by mail"], [complaint])


# --- Looking -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "headers", [{}, {"Purpose": "prefetch"}, {"Sec-Purpose": "prefetch;prerender"}]
)
def test_a_look_shows_the_form_and_asks_for_nothing(
    client, django_assert_num_queries, mailoutbox, headers
):
    with django_assert_num_queries(0):
        response = client.get(URL, {"email": MAIL}, headers=headers)
        assert client.head(URL, {"email": MAIL}, headers=headers).content == b""
    assert is_form(response, 200)
    fields = [attrs for tag, attrs in Page(response).tags if tag == "input"]
    assert [(field["name"], field["type"], field["value"]) for field in fields] == [
        ("email", "email", "")
    ]
    assert Page(response).actions == [URL]
    send_due()
    assert (asked(), mailoutbox) == ([], [])


def test_the_page_runs_no_script_and_asks_no_stranger_for_anything(client):
    for response in (client.get(URL), client.post(URL, {"email": MAIL})):
        tags = Page(response).tags
        assert [tag for tag, _attrs in tags if tag in {"script", "img", "iframe", "style"}] == []
        assert [attrs["href"] for tag, attrs in tags if tag == "link"] == [
            "data:,",
            "/static/storefront/page.css",
        ]
        assert not [attrs for _tag, attrs in tags if "style" in attrs or "onload" in attrs]


def test_every_answer_is_private_and_sets_no_cookie(client, settings):
    settings.LINK_REQUESTS_PER_MINUTE = 2
    answers = [client.get(URL), client.head(URL)]
    answers += [client.post(URL, {"email": email}) for email in (MAIL, "x", MAIL)]
    assert [answer.status_code for answer in answers] == [200, 200, 200, 400, 429]
    for answer in answers:
        assert headers_of(answer) == PAGE | (
            {"retry-after": "60"} if answer.status_code == 429 else {}
        )
        assert policy_of(answer) == POLICY
        assert answer.cookies == {}


@pytest.mark.parametrize("method", ["put", "patch", "delete", "options", "trace"])
def test_no_other_method_is_answered(client, method):
    response = getattr(client, method)(URL)
    assert (response.status_code, response["Allow"]) == (405, "GET, HEAD, POST")
    assert asked() == []


@pytest.mark.parametrize(
    "path", [f"/orders/{'f' * 32}", "/orders/x", "/downloads/7/1/n/s", f"/orders/{'x' * 500}"]
)
def test_a_link_that_opens_nothing_leads_here(browser, path):
    response = browser.get(path)
    assert response.status_code == 404
    assert [attrs["href"] for tag, attrs in Page(response).tags if tag == "a"] == [URL]
    assert Page(response).texts["a"] == ["Have the links to your downloads mailed to you again"]


# --- Asking --------------------------------------------------------------------------------------


def test_who_asks_gets_the_links_by_mail(client, mailoutbox):
    order = GrantFactory(order__customer__email=MAIL, order__number=1060).order
    response = client.post(URL, {"email": " ADA@Example.com "})
    page = Page(response)
    assert (response.status_code, page.texts["h1"]) == (200, ["Look into your mail"])
    assert page.texts["strong"] == ["ADA@Example.com"]
    assert (asked(), mailoutbox) == ([(MAIL, NOW)], [])
    send_due()
    [mail] = mailoutbox
    assert (mail.to, asked()) == ([MAIL], [])
    [link] = links_in(mail)
    assert "Order 1060" in client.get(link).content.decode()
    assert Mail.objects.values_list("kind", "state", "order").get() == ("links", "sent", None)
    assert order.mails.count() == 0


def test_each_shop_writes_of_its_own_orders_alone(client, mailoutbox):
    shops = [ShopFactory(name=name) for name in ("Anvil", "Bellows")]
    for shop in shops:
        customer = CustomerFactory(shop=shop, email=MAIL)
        for _ in range(2):
            GrantFactory(order=OrderFactory(shop=shop, customer=customer))
    GrantFactory(order__shop=shops[0])  # another buyer's
    client.post(URL, {"email": MAIL})
    send_due()
    assert sorted((mail.to, len(links_in(mail))) for mail in mailoutbox) == [([MAIL], 2)] * 2
    assert sorted("Anvil" in mail.body for mail in mailoutbox) == [False, True]
    assert sorted("Bellows" in mail.body for mail in mailoutbox) == [False, True]


def nobody():
    return None


def registered():
    names = {"first_name": "Ada", "last_name": "Lovelace"}
    fulfilment.register(ShopFactory(), at=NOW, email=MAIL, password=PASSWORD, **names)
    Mail.objects.all().delete()
    return Account.objects.get()


def confirmed():
    account = registered()
    fulfilment.choose_password(account.pk, state=account.state, password=PASSWORD, at=NOW)


def erased():
    customer = GrantFactory(order__customer__email=MAIL).order.customer
    fulfilment.erase_customer(customer, at=NOW)


def unpaid():
    GrantFactory(order__customer__email=MAIL, order__payment="pending")


def bought():
    GrantFactory(order__customer__email=MAIL)


def bought_in_two_shops():
    bought()
    bought()


# Whatever is known of an address, and how many mails it comes to.
KNOWN = {
    nobody: 0,
    registered: 0,
    confirmed: 0,
    erased: 0,
    unpaid: 0,
    bought: 1,
    bought_in_two_shops: 2,
}


def work_of(client, email):
    """Ask; return the whole answer but for the address, the queries, and the row written."""
    with CaptureQueriesContext(connection) as queries:
        response = client.post(URL, {"email": email})
    headers = headers_of(response) | {"content-length": response.headers.get("Content-Length")}
    [row] = LinkRequest.objects.values_list("email", "asked_at")
    LinkRequest.objects.all().delete()
    sql = [re.sub(r"'(?:[^']|'')*'|\b\d+\b", "?", one["sql"]) for one in queries]
    return (
        (response.status_code, response.reason_phrase, headers, policy_of(response)),
        response.content.replace(email.encode(), b"-"),
        sql,
        row == (email, NOW),
    )


@pytest.mark.parametrize("known", KNOWN)
def test_the_answer_and_its_work_are_the_same_for_every_address(client, known, settings):
    settings.LINK_REQUESTS_PER_MINUTE = 10**6
    known()
    mine, strangers = work_of(client, MAIL), work_of(client, "eve@example.com")
    assert mine == strangers
    _head, _body, sql, is_noted = mine
    assert [query.split(" (")[0] for query in sql] == ['INSERT INTO "downloads_linkrequest"']
    assert is_noted


@pytest.mark.parametrize(("known", "count"), KNOWN.items())
def test_only_who_may_download_something_is_written_to(client, known, count, mailoutbox):
    known()
    Mail.objects.all().delete()
    client.post(URL, {"email": MAIL})
    send_due()
    assert [mail.to for mail in mailoutbox] == [[MAIL]] * count
    assert (asked(), Mail.objects.count()) == ([], count)


@pytest.mark.slow
def test_nobody_is_drowned_in_mail(client, mailoutbox, settings):
    settings.LINK_REQUESTS_PER_MINUTE = 10**6
    bought()
    for _ in range(9):
        client.post(URL, {"email": MAIL})
        send_due()
    assert len(mailoutbox) == configured.ASKED_MAILS_PER_HOUR == 3


# --- What is no address --------------------------------------------------------------------------

NO_ADDRESSES = {
    "nothing": "",
    "spaces": "   ",
    "a word": "ada",
    "no host": "ada@",
    "no name": "@example.com",
    "two": "ada@example.com,eve@example.com",
    "two with a space": "ada@example.com eve@example.com",
    "two with a semicolon": "ada@example.com;eve@example.com",
    "a name before it": "Ada <ada@example.com>",
    "a newline": "ada@example.com\nBcc: eve@example.com",
    "a return": "ada@example.com\r\nBcc: eve@example.com",
    "a newline in quotes": '"ada\n"@example.com',
    "a newline in its host": "ada@example.com\n.example.com",
    "NUL": "ada\0@example.com",
    "NUL in quotes": '"ada\0"@example.com',
    "NUL at its end": "ada@example.com\0",
    "other letters": "ädä@example.com",
    "another @": "ada\uff20example.com",
    "a letter that turns the line": "ada\u202e@example.com",
    "a letter not seen": "ada@exam\u200bple.com",
    "a percent sign at its end": "ada@example.com%0ABcc:eve@example.com",
    "too long": f"{'a' * 64}@{'b' * 60}.{'c' * 60}.{'d' * 60}.{'e' * 60}.com",
    "endless": f"ada@{'x' * 100_000}.com",
    "markup": '"><script>alert(1)</script>',
}


@pytest.mark.parametrize("entered", NO_ADDRESSES.values(), ids=NO_ADDRESSES)
def test_what_is_no_address_shows_the_form_again(client, entered, mailoutbox):
    with CaptureQueriesContext(connection) as queries:
        response = client.post(URL, {"email": entered})
    assert is_form(response, 400, COMPLAINT)
    assert (len(queries), asked()) == (0, [])
    [field] = [attrs for tag, attrs in Page(response).tags if tag == "input"]
    assert (field["aria-describedby"], field["aria-invalid"]) == ("complaint", "true")
    assert len(response.content) < 5_000
    send_due()
    assert mailoutbox == []


def test_what_was_entered_stands_in_the_form_again(client):
    [field] = [
        attrs
        for tag, attrs in Page(client.post(URL, {"email": ' "ada <x>@ '})).tags
        if tag == "input"
    ]
    assert field["value"] == '"ada <x>@'


@pytest.mark.parametrize(
    ("entered", "noted"),
    [
        (f"\t{MAIL}\r\n", MAIL),
        ("Ada@EXAMPLE.com", MAIL),
        ("ada+books@example.com", "ada+books@example.com"),
        ("ada@bücher.example", "ada@bücher.example"),
        ("o'hara@example.com", "o'hara@example.com"),
        ('"<b>"@example.com', '"<b>"@example.com'),
        (f"{'a' * 64}@{'b' * 63}.{'c' * 63}.{'d' * 57}.com", ...),
    ],
)
def test_any_address_is_taken(client, entered, noted):
    response = client.post(URL, {"email": entered})
    assert (response.status_code, Page(response).texts["strong"]) == (200, [entered.strip()])
    assert asked() == [(entered if noted is ... else noted, NOW)]


def test_words_of_others_are_escaped(client):
    for entered in ('"<b>"@example.com', "<b>"):
        assert b"<b>" not in client.post(URL, {"email": entered}).content


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        (b"", FORM),
        (b"email", FORM),
        (b"address=ada@example.com", FORM),
        (b"email=%ff%fe", FORM),
        (b"\xff\0\xed\xa0\x80", FORM),
        (b"email=ada@example.com", f"{FORM}; charset=utf-16"),
        (b"email=ada@example.com", ""),
        (b"email=ada@example.com", "text/plain"),
        (b'{"email": "ada@example.com"}', "application/json"),
        (b"email=ada@example.com", "multipart/form-data"),
        (b"--x\r\n\r\n", "multipart/form-data; boundary=x"),
        (b"&".join(b"email=%d" % number for number in range(2_000)), FORM),
        (b"email=" + b"x" * 3_000_000, FORM),
    ],
)
def test_any_other_body_is_refused(client, body, kind):
    assert client.generic("POST", URL, body, content_type=kind).status_code == 400
    assert asked() == []


def test_the_last_of_several_addresses_is_the_one(client):
    client.generic("POST", URL, b"email=eve@example.com&email=ada@example.com", FORM)
    assert asked() == [(MAIL, NOW)]


def test_a_file_that_is_sent_along_is_stored_nowhere(client, settings, tmp_path, monkeypatch):
    settings.FILE_UPLOAD_TEMP_DIR = tmp_path
    made = []
    new_file = uploadhandler.TemporaryUploadedFile.__init__

    def note(self, *given, **named):
        made.append(self)
        return new_file(self, *given, **named)

    monkeypatch.setattr(uploadhandler.TemporaryUploadedFile, "__init__", note)
    path = tmp_path / "huge"
    path.write_bytes(b"x" * 2_900_000)
    with Path(path).open("rb") as huge:
        response = client.post(URL, {"huge": huge, "email": MAIL})
    assert (response.status_code, made, asked()) == (200, [], [(MAIL, NOW)])


# --- Too often -----------------------------------------------------------------------------------


def test_ten_a_minute_are_the_default():
    assert configured.LINK_REQUESTS_PER_MINUTE == 10


def test_who_asks_too_often_is_told_so(client, settings, frozen):
    settings.LINK_REQUESTS_PER_MINUTE = 3
    entered = [MAIL, "no address", "eve@example.com", MAIL]
    answers = [client.post(URL, {"email": email}) for email in entered]
    assert [answer.status_code for answer in answers] == [200, 400, 200, 429]
    page = Page(answers[-1])
    assert page.texts["h1"] == ["Too many tries"]
    assert page.texts["p"] == [
        "Too many requests came from your connection within a minute.",
        "Wait 60 seconds, then try again.",
    ]
    assert answers[-1]["Retry-After"] == "60"
    assert [email for email, _at in asked()] == [MAIL, "eve@example.com"]
    assert client.get(URL).status_code == 200
    other = client.post(URL, {"email": MAIL}, REMOTE_ADDR="192.0.2.9")
    assert other.status_code == 200
    frozen(NOW.replace(minute=1))
    assert client.post(URL, {"email": MAIL}).status_code == 200


def test_too_often_is_told_alike_whatever_is_known(client, settings):
    settings.LINK_REQUESTS_PER_MINUTE = 0
    bought()
    answers = [client.post(URL, {"email": email}) for email in (MAIL, "eve@example.com", "x")]
    assert len({answer.content for answer in answers}) == 1
    assert {answer.status_code for answer in answers} == {429}


def test_a_look_at_an_unknown_order_counts_apart(client, settings):
    settings.LINK_REQUESTS_PER_MINUTE = settings.TOKEN_MISSES_PER_MINUTE = 1
    assert client.get(f"/orders/{TOKEN}").status_code == 404
    assert client.post(URL, {"email": MAIL}).status_code == 200


# --- Without a cookie ----------------------------------------------------------------------------


def test_it_needs_no_cookie_and_no_referrer():
    strict = Client(enforce_csrf_checks=True)
    assert strict.post(URL, {"email": MAIL}).status_code == 200


def test_no_answer_and_no_log_holds_a_ticket_or_an_address(client, logged, mailoutbox):
    grant = GrantFactory(order__customer__email=MAIL)
    new_click(grant, at=NOW)
    client.post(URL, {"email": MAIL})
    send_due()
    lines = "".join(logged())
    [link] = links_in(mailoutbox[0])
    assert link.rpartition("/")[2] not in lines
    assert MAIL not in lines
    assert sent.outbox is mailoutbox
