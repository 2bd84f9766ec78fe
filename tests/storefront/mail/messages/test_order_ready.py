"""What our mails say, in eleven languages, and in which form they leave."""

import re
from datetime import timedelta
from pathlib import Path

import pytest
from django.contrib.auth.models import User
from django.utils import translation

from downloads import fulfilment
from downloads.errors import MailRefused, NotFound
from downloads.models import Account, DownloadEvent, Grant, Mail, Order
from downloads.models.shops import LANGUAGES
from storefront.mail.messages import compose, message_id_of
from storefront.signed_urls import account_url, ticket_url
from tests.conftest import CONTRACTS
from tests.factories import (
    NOW,
    AttachmentFactory,
    CustomerFactory,
    GrantFactory,
    LineFactory,
    LinkFactory,
    MessageFactory,
    OrderFactory,
    ProductFactory,
    ShopFactory,
)
from tests.mails import Html, faults, outbox, read, wire
from tests.storefront.conftest import counted

CODES = [code for code, _name in LANGUAGES]
ORDER, LINKS = Mail.Kind.ORDER, Mail.Kind.LINKS
REGISTRATION, PASSWORD = Mail.Kind.REGISTRATION, Mail.Kind.PASSWORD
LATER = NOW + timedelta(days=30)


@pytest.fixture
def shop(db):
    return ShopFactory(name="My store", domain="my-store.example", reply_to="help@my-store.example")


@pytest.fixture
def order(shop):
    """A book in two forms, one of them for a month, and a guide that comes with the order."""
    order = OrderFactory(
        shop=shop,
        number=1050,
        customer__email="ada@example.com",
        customer__first_name="Ada",
    )
    book = ProductFactory(shop=shop, name="My new Book", variant_name="Paper back")
    line = LineFactory(order=order, product=book)
    for title, limit, end in (
        ("My new book (PDF)", 10, None),
        ("كتاب جديد ++", 2, LATER),
    ):
        asset = LinkFactory(shop=shop, title=title)
        GrantFactory(order=order, line=line, asset=asset, limit=limit, expires_at=end)
    guide = LinkFactory(shop=shop, title="Reading guide")
    GrantFactory(order=order, line=None, asset=guide, limit=None)
    return order


@pytest.fixture(autouse=True)
def aside(shop):
    """A message of the shop that waits for its staff."""
    return MessageFactory(shop=shop, state="set_aside")


@pytest.fixture
def account(shop):
    return make_account(shop)


def make_account(shop, **values):
    return Account.objects.create(
        shop=shop,
        email="ada@example.com",
        first_name="Visit www.evil.example",
        last_name="Cheap pills",
        password="!",
        **values,
    )


def confirm(account):
    account.customer = CustomerFactory(shop=account.shop, email=account.email)
    account.confirmed_at = NOW
    account.save()


def letter(shop, kind=ORDER, *, order=None, **values):
    return compose(outbox(shop, kind, order=order, **values), at=NOW)


def about(kind, order):
    """Return what a mail of a kind is about, and whom it goes to."""
    if kind == Mail.Kind.MOVED:
        return {"order": order, "email": "ada@exmaple.com"}
    if kind == Mail.Kind.STAFF_LINK:
        whose, _is_new = User.objects.get_or_create(
            username="ada", email="ada@example.com", is_staff=True
        )
        return {"person": whose}
    if kind == Mail.Kind.INVITATION:
        offered, token = fulfilment.memberships.invite(
            order.shop, "ada@example.com", "owner", at=NOW
        )
        fulfilment.mail_invitation(offered, token, at=NOW)
    if kind == Mail.Kind.USED_UP:
        exhausted = order.grants.filter(bought__isnull=False).first()
        Grant.objects.filter(pk=exhausted.pk).update(used=exhausted.bought)
        DownloadEvent.objects.get_or_create(
            grant=exhausted, kind="charged", downloads=1, at=NOW - timedelta(hours=1)
        )
    return {"order": order if kind in (ORDER, Mail.Kind.ONCE) else None}


def told(order, **values):
    return read(letter(order.shop, order=order, **values))


def listed(shop):
    """Return where the shop's messages that were set aside are."""
    where = f"state__exact=set_aside&shop__id__exact={shop.pk}"
    return f"http://localhost:8000/admin/downloads/message/?{where}"


# --- In which form it leaves --------------------------------------------------------------------


@pytest.mark.parametrize("kind", Mail.Kind)
@pytest.mark.slow
def test_every_server_takes_it_and_every_reader_reads_it(order, account, kind):
    for language in CODES:
        order.shop.language = language
        mail = letter(order.shop, kind, **about(kind, order))
        assert (faults(mail), len(mail.subject) <= 78) == ([], True), language
        shown, content = read(mail), mail.alternatives[0].content
        assert (shown.text.strip(), shown.html.strip()) == (mail.body.strip(), content.strip())


@pytest.mark.parametrize("language", ["en", "ar"])
def test_an_orders_mail_says_what_the_contract_says(order, language):
    order.shop.language = language
    order.shop.mail_text = "Enjoy!\r\n\r\nYour <b>store</b> & team"
    mail = letter(order.shop, order=order)
    url = ticket_url(order)
    shown = read(mail)
    headers = "".join(f"{name}: {shown.headers[name]}\n" for name in ("Subject", "From", "To"))
    text = f"{headers}\n{shown.text}".replace(url, "https://…/orders/…")
    html = shown.html.replace(url, "https://…/orders/…")
    assert text == contract(f"mail-order.{language}.txt")
    assert html == contract(f"mail-order.{language}.html")


def contract(name):
    return (Path(CONTRACTS) / name).read_text(encoding="utf-8")


def test_its_headers_are_these(order):
    headers = told(order).headers
    assert headers.pop("Content-Type").startswith("multipart/alternative;")
    assert headers == {
        "MIME-Version": "1.0",
        "Subject": "Your downloads from My store, order 1050",
        "From": "My store <downloads@localhost>",
        "To": "ada@example.com",
        "Reply-To": "help@my-store.example",
        "Message-ID": message_id_of(Mail.objects.get()),
        "Date": "Sun, 01 Mar 2026 12:00:00 +0000",
        "Content-Language": "en",
        "Auto-Submitted": "auto-generated",
        "X-Auto-Response-Suppress": "All",
    }


def test_a_shop_that_names_no_address_gets_no_answers(order):
    order.shop.reply_to = ""
    shown = told(order)
    assert "Reply-To" not in shown.headers
    assert "Replies to this mail are not read." in shown.text
    assert "simply reply" not in shown.text


@pytest.mark.parametrize("language", ["ar", "he"])
def test_a_shop_that_writes_from_the_right_has_it_so(order, language):
    order.shop.language = language
    shown = told(order)
    assert Html(shown.html).root == {"lang": language, "dir": "rtl"}
    assert "\u2068My new book (PDF)\u2069" in shown.text
    assert f"\n{ticket_url(order)}\n" in shown.text


def test_a_shop_that_writes_from_the_left_sets_apart_what_does_not(order):
    shown = told(order)
    assert Html(shown.html).root == {"lang": "en", "dir": "ltr"}
    assert "- My new book (PDF)\n" in shown.text
    assert "- \u2068كتاب جديد ++\u2069\n" in shown.text
    assert "<bdi>كتاب جديد ++</bdi>" in shown.html


@pytest.mark.parametrize("kind", Mail.Kind)
def test_its_html_fetches_nothing_and_leads_to_one_place(order, account, kind):
    shown = read(letter(order.shop, kind, **about(kind, order)))
    page = Html(shown.html)
    url = account_url(account, at=NOW)
    if kind == Mail.Kind.MOVED:
        assert (page.hrefs, page.reaching_out) == ([], [])
        assert "http" not in shown.text
        return
    if kind in (ORDER, LINKS, Mail.Kind.ONCE):
        url = ticket_url(order)
    elif kind == Mail.Kind.TEST:
        url = "http://localhost:8000"
    elif kind == Mail.Kind.SIGN_IN:
        url = "http://localhost:8000/admin/"
    elif kind == Mail.Kind.SET_ASIDE:
        url = listed(order.shop)
    elif kind == Mail.Kind.STAFF_LINK:
        (url,) = page.hrefs
        assert url.startswith("http://localhost:8000/admin/password/")
    elif kind == Mail.Kind.INVITATION:
        (url,) = page.hrefs
        assert url.startswith("http://localhost:8000/invitations/")
    elif kind == Mail.Kind.USED_UP:
        url = f"http://localhost:8000/admin/downloads/order/{order.pk}/change/"
    elif kind == Mail.Kind.FIGURES:
        url = "http://localhost:8000/admin/?days=7"
    assert page.hrefs == [url]
    assert page.reaching_out == []
    assert not {"img", "link", "script", "style", "iframe", "form", "input"} & set(page.tags)
    assert set(re.findall(r"https?://\S+", shown.text)) == {url}
    assert page.words.count(url) == 1  # written out beside the button


@pytest.mark.parametrize("kind", Mail.Kind)
def test_its_html_hard_codes_no_colour_of_text_or_paper(order, account, kind):
    html = read(letter(order.shop, kind, **about(kind, order))).html
    styles = re.findall(r"(?<![\w-])(?:color|background[\w-]*)\s*:", html)
    assert styles == []
    assert '<meta name="color-scheme" content="light dark">' in html


def test_its_link_opens_the_page_and_counts_nothing(order, client):
    before = counted()
    (url,) = Html(told(order).html).hrefs
    assert client.get(url).status_code == 200
    assert counted() == before


@pytest.mark.parametrize("email", ["", "ada", "a@b.example, c@d.example", "Ada <a@b.example>"])
def test_what_is_no_address_gets_no_mail(order, email):
    with pytest.raises(MailRefused, match=r"\AMail cannot be sent to this address\.\Z") as refused:
        letter(order.shop, order=order, email=email)
    assert refused.value.for_good


# --- By what it is known ------------------------------------------------------------------------


def test_it_has_the_same_name_at_each_try(order, settings):
    settings.PUBLIC_BASE_URL = "https://downloads.example:8443/below"
    mail = outbox(order.shop, order=order)
    first, second = compose(mail, at=NOW), compose(Mail.objects.get(), at=LATER - timedelta(1))
    names = {message.extra_headers["Message-ID"] for message in (first, second)}
    assert names == {message_id_of(mail)}
    assert re.fullmatch(r"<[0-9a-f-]{36}@downloads\.example>", message_id_of(mail))


def test_no_two_mails_have_one_name(order):
    mails = [outbox(order.shop, order=order) for _ in range(3)]
    mails += [outbox(order.shop, LINKS, email=f"{name}@example.com") for name in "ab"]
    assert len({message_id_of(mail) for mail in mails}) == 5


def test_the_name_it_has_already_stays(order):
    mail = outbox(order.shop, order=order, message_id="<kept.1@downloads.example>")
    assert compose(mail, at=NOW).extra_headers["Message-ID"] == "<kept.1@downloads.example>"


@pytest.mark.slow
@pytest.mark.parametrize("name", ["0102018f-0000", "<a@b>\r\nBcc: x@y.example", "<a@b> <c@d>"])
def test_a_providers_own_name_is_not_taken_for_one_of_ours(order, name):
    mail = outbox(order.shop, order=order)
    ours = message_id_of(mail)
    mail.message_id = name
    assert message_id_of(mail) == ours


@pytest.mark.parametrize(
    ("base", "host"),
    [
        ("http://[::1]:8000", "[::1]"),
        ("https://bücher.example", "xn--bcher-kva.example"),
        ("http://127.0.0.1", "127.0.0.1"),
    ],
)
def test_its_name_ends_with_the_public_host(order, settings, base, host):
    settings.PUBLIC_BASE_URL = base
    mail = outbox(order.shop, order=order)
    assert message_id_of(mail).endswith(f"@{host}>")
    assert faults(compose(mail, at=NOW)) == []


# --- What an order's mail says ------------------------------------------------------------------


@pytest.mark.parametrize(
    "name", ["Ada", "Anna-Lena", "O'Neil", "J. R.", "Ægir Þór", "名前", "x" * 60]
)
def test_it_greets_by_name(order, name):
    order.customer.first_name = name
    order.customer.save()
    assert told(order).text.startswith(f"Hello {name},\n")


@pytest.mark.parametrize(
    "name",
    [
        "",
        "   ",
        "x" * 61,
        "evil.example",
        "Go to evil.example now",
        "https:evil",
        "a/b",
        "a@b",
        "Ada\nBcc",
        "Ada\u202eadA",
        "Ada\u200b",
        "\u2067Ada",
    ],
)
def test_it_greets_plainly_what_is_no_name(order, name):
    order.customer.first_name = name
    order.customer.save()
    assert told(order).text.startswith("Hello,\n")


def test_it_greets_plainly_whom_it_does_not_know(order):
    Order.objects.update(customer=None)
    assert told(order).text.startswith("Hello,\n")


def test_it_lists_what_may_be_downloaded_and_nothing_else(order):
    line = LineFactory(order=order, product__name="Second")
    titles = {
        "Past": {"expires_at": NOW},
        "Refunded": {"refunded": True},
        "Withdrawn": {"withdrawn_at": NOW},
        "Used up": {"used": 10},
    }
    for title, values in titles.items():
        asset = LinkFactory(shop=order.shop, title=title)
        GrantFactory(order=order, line=line, asset=asset, **values)
    LineFactory(order=order, product__name="A shirt")
    text = told(order).text
    assert [title for title in titles if title in text] == ["Used up"]
    assert "A shirt" not in text
    assert "4 items are ready to download." in text


def test_it_says_one_item_when_it_is_one(shop):
    grant = GrantFactory(order__shop=shop, limit=1)
    shown = told(grant.order)
    assert "1 item is ready to download." in shown.text
    assert "\n  1 download\n" in shown.text


def test_an_end_is_told_in_the_zone_of_the_settings(order, settings):
    settings.TIME_ZONE = "Europe/Warsaw"
    order.shop.language = "pl"
    assert "do 31 marca 2026, 14:00 CEST" in told(order).text


def test_the_shops_own_words_stand_in_both_parts(order):
    order.shop.mail_text = "Dear <reader>,\n\nsee & enjoy\u2028more\x0bof it."
    shown = told(order)
    assert "\nDear <reader>,\n\nsee & enjoy\nmore\nof it.\n" in shown.text
    assert "<p>Dear &lt;reader&gt;,</p>\n\n<p>see &amp; enjoy<br>more<br>of it.</p>" in shown.html


def test_the_shops_own_words_end_no_mail_early(order):
    order.shop.mail_text = "Yours\n-- \nMy store"
    text = told(order).text
    assert text.count("\n-- \n") == 1
    assert text.index(ticket_url(order)) < text.index("\n-- \n")


def test_the_fifty_first_item_is_left_to_the_page(shop):
    order = many_items(shop, 51)
    shown = told(order)
    page = Html(shown.html)
    assert page.tags.count("li") == 50
    assert "… and 1 more item, which the page shows." in page.words
    assert "… and 1 more item, which the page shows." in shown.text
    assert "51 items are ready to download." in shown.text


def test_fifty_items_are_all_listed(shop):
    shown = told(many_items(shop, 50))
    assert Html(shown.html).tags.count("li") == 50
    assert "more item" not in shown.text


@pytest.mark.slow
@pytest.mark.parametrize("letter", ['"', "字", "💾", "&"])
def test_the_longest_mail_is_shown_whole(shop, letter):
    shop.mail_text = letter * 5_000
    mail = compose(outbox(shop, order=many_items(shop, 60, title=letter * 300)), at=NOW)
    assert faults(mail) == []
    assert len(mail.alternatives[0].content.encode()) < 100_000
    assert len(wire(mail)) < 250_000
    page = Html(mail.alternatives[0].content)
    shown = page.tags.count("li")
    assert 12 <= shown < 50
    assert f"… and {60 - shown} more items, which the page shows." in page.words


def many_items(shop, count, title="Chapter"):
    order = OrderFactory(shop=shop)
    line = LineFactory(order=order, product__name=title[:300])
    for number in range(count):
        asset = LinkFactory(shop=shop, title=f"{title[:290]} {number}")
        GrantFactory(order=order, line=line, asset=asset)
    return order


def test_two_lines_stand_under_their_own_names(shop):
    order = OrderFactory(shop=shop)
    for name in ("First", "Second"):
        GrantFactory(order=order, line=LineFactory(order=order, product__name=name))
    text = told(order).text
    assert re.search(r"\nFirst\n- Link \d+\n  10 downloads\n\nSecond\n- Link \d+\n", text)


def test_a_closed_order_has_nothing_to_tell(order):
    order.cancelled_at = NOW
    order.save()
    with pytest.raises(NotFound):
        letter(order.shop, order=order)


def test_it_follows_what_a_door_attached(shop):
    attachment = AttachmentFactory(product__shop=shop, asset__title="Atlas", limit=3)
    order = OrderFactory(shop=shop)
    LineFactory(order=order, product=attachment.product, quantity=2)
    fulfilment.settle(order, at=NOW)
    assert "- Atlas\n  6 downloads\n" in told(order).text


# --- What the mail with the links says ----------------------------------------------------------


def test_links_are_of_this_address_in_this_shop_the_newest_first(order):
    customer, shop = order.customer, order.shop
    newer = OrderFactory(shop=shop, customer=customer, number=1051, placed_at=LATER)
    GrantFactory(order=newer)
    GrantFactory(order=OrderFactory(shop=shop, number=2001))
    elsewhere = CustomerFactory(email=customer.email)
    GrantFactory(order=OrderFactory(shop=elsewhere.shop, customer=elsewhere, number=3001))
    shown = read(letter(shop, LINKS))
    assert Html(shown.html).hrefs == [ticket_url(newer), ticket_url(order)]
    assert (
        f"Order 1051 of 31 March 2026\n{ticket_url(newer)}\n\n"
        f"Order 1050 of 1 March 2026\n{ticket_url(order)}\n\n"
    ) in shown.text
    assert "2001" not in Html(shown.html).words
    assert "3001" not in Html(shown.html).words


@pytest.mark.slow
@pytest.mark.parametrize(("count", "listed", "is_said"), [(19, 19, False), (21, 20, True)])
def test_links_say_when_there_may_be_more(shop, count, listed, is_said):
    shown = read(letter(shop, LINKS, email=many_orders(shop, count).email))
    assert len(Html(shown.html).hrefs) == listed
    assert ("Only your newest orders are listed here." in shown.text) is is_said


def many_orders(shop, count):
    customer = CustomerFactory(shop=shop)
    for _ in range(count):
        GrantFactory(order=OrderFactory(shop=shop, customer=customer))
    return customer


def test_links_say_nothing_of_the_buyer(order):
    shown = read(letter(order.shop, LINKS))
    assert shown.text.startswith("Hello,\n")
    assert "Ada" not in shown.text + shown.html


def test_an_address_without_orders_has_no_links(shop):
    with pytest.raises(NotFound):
        letter(shop, LINKS)


# --- What the mails about an account say --------------------------------------------------------


def test_a_new_account_is_to_be_confirmed(account, client):
    shown = read(letter(account.shop, REGISTRATION))
    assert shown.headers["Subject"] == "Confirm your mail address at My store"
    assert "To confirm the address, please choose a password here." in shown.text
    assert "The link works once and is good for 48 hours." in shown.text
    (url,) = Html(shown.html).hrefs
    assert client.get(url).status_code == 200


def test_an_account_that_is_confirmed_is_told_so(account, client):
    confirm(account)
    shown = read(letter(account.shop, REGISTRATION))
    assert shown.headers["Subject"] == "You already have an account at My store"
    assert "If you have forgotten the password, you can choose a new one here." in shown.text
    assert "Your password stays as it is." in shown.text
    (url,) = Html(shown.html).hrefs
    assert client.get(url).status_code == 200


@pytest.mark.parametrize("is_confirmed", [True, False])
def test_a_password_is_chosen_anew(account, client, is_confirmed):
    if is_confirmed:
        confirm(account)
    shown = read(letter(account.shop, PASSWORD))
    assert shown.headers["Subject"] == "Choose a new password for My store"
    assert "asked for a new password for the account at My store" in shown.text
    (url,) = Html(shown.html).hrefs
    assert client.get(url).status_code == 200


@pytest.mark.parametrize("kind", [REGISTRATION, PASSWORD])
@pytest.mark.parametrize("is_confirmed", [True, False])
@pytest.mark.parametrize("language", CODES)
def test_nothing_that_a_stranger_typed_stands_in_it(shop, kind, is_confirmed, language):
    """Two strangers, two names, two mails: equal but for the tickets."""
    shop.language = language
    shown = []
    for names in ({}, {"first_name": "Ada", "last_name": "Lovelace"}):
        account = make_account(shop)
        Account.objects.filter(pk=account.pk).update(**names)
        if is_confirmed:
            confirm(account)
        mail = read(letter(shop, kind))
        link = account_url(Account.objects.get(), at=NOW)
        text = mail.text.replace(link, "")
        shown.append((mail.headers["Subject"], text, mail.html.replace(link, "")))
        Account.objects.all().delete()
        CustomerFactory._meta.model.objects.all().delete()
    assert shown[0] == shown[1]
    assert "evil" not in str(shown)


def test_an_hour_is_one(account, settings):
    settings.ACCOUNT_TICKET_HOURS = 1
    assert "is good for 1 hour." in read(letter(account.shop, PASSWORD)).text


@pytest.mark.parametrize("kind", [REGISTRATION, PASSWORD])
def test_an_account_that_is_gone_has_nothing_to_tell(shop, kind):
    with pytest.raises(NotFound):
        letter(shop, kind)


def test_the_language_around_it_stays(account):
    with translation.override("fr"):
        letter(account.shop, PASSWORD)
        assert translation.get_language() == "fr"
    account.shop.language = "de"
    with translation.override("fr"):
        assert read(letter(account.shop, PASSWORD)).text.startswith("Guten Tag!\n")


# --- What it costs ------------------------------------------------------------------------------


@pytest.mark.parametrize("count", [1, 60])
def test_an_orders_mail_costs_three_queries(shop, django_assert_num_queries, count):
    mail = outbox(shop, order=many_items(shop, count))
    with django_assert_num_queries(3):
        compose(mail, at=NOW)


@pytest.mark.parametrize(("count", "queries"), [(1, 1), (20, 1)])
def test_links_cost_what_their_look_up_does(shop, django_assert_num_queries, count, queries):
    mail = outbox(shop, LINKS, email=many_orders(shop, count).email)
    with django_assert_num_queries(queries):
        compose(mail, at=NOW)


@pytest.mark.parametrize("kind", [REGISTRATION, PASSWORD])
def test_an_accounts_mail_costs_one_query(account, django_assert_num_queries, kind):
    mail = outbox(account.shop, kind)
    with django_assert_num_queries(1):
        compose(mail, at=NOW)
