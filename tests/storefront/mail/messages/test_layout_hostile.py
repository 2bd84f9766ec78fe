"""Names from merchants, platforms and strangers, made to break out of the mails they stand in."""

import email
import re
import unicodedata
from email.header import decode_header, make_header

import pytest
from anymail.utils import parse_single_address
from django.core.mail.message import sanitize_address
from django.utils import translation
from django.utils.html import escape
from hypothesis import HealthCheck, example, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from downloads.email_addresses import wire_spelling
from downloads.errors import MailRefused
from downloads.models import Asset, Customer, Mail, Product, Shop
from storefront.mail.messages import compose
from storefront.mail.messages.compose import SEVEN_BITS
from storefront.mail.messages.text import as_lines, fill, one_line, quote
from storefront.signed_urls import ticket_url
from tests.factories import NOW, GrantFactory, OrderFactory, ShopFactory
from tests.mails import Html, faults, outbox, read, wire

BREAKS = ["\r\n", "\r", "\n", "\x0b", "\x0c", "\x1c", "\x1e", "\x85", "\u2028", "\u2029", "\r\n "]
INJECTED = "Bcc: victim@evil.example"
HOSTILE = [
    *(f"Shop{ends}{INJECTED}{ends}{ends}<b>body</b>" for ends in BREAKS),
    "Shop\x00Bcc: victim@evil.example",
    f"=?utf-8?q?Evil=0D=0A{INJECTED.replace(' ', '=20')}?=",
    "=?utf-8?b?RXZpbA0KQmNjOiB2aWN0aW1AZXZpbC5leGFtcGxl?=",
    "=?utf-8?q?a?= =?utf-8?q?b?=",
    "=?=?utf-8?q?a?=?=",
    "Café =?utf-8?q?a?=",
    "=?unknown?x?",
    '" <victim@evil.example>, "',
    'Shop" <victim@evil.example>',
    "Shop\\",
    'Shop\\"',
    '\\" <victim@evil.example>, \\"Café',
    "Café\\",
    'Ca"fé, <victim@evil.example>',
    "a@evil.example, b@evil.example",
    "<victim@evil.example>",
    "victim@evil.example",
    "(comment) Shop",
    "group: a@evil.example;",
    ",;:<>()[]@.",
    "--===============0000000000000000001==--",
    "--===============0000000000000000001==\r\nContent-Type: text/html\r\n\r\n<h1>evil</h1>",
    "http://evil.example/?a=1&b=2",
    "<a href='http://evil.example'>Click</a>",
    "</title></head><script>alert(1)</script>",
    "{{ shop }}{% now 'Y' %}{shop}{0}{shop.__class__}%(shop)s%s",
    "\u202etxt.exe\u202c",
    "\u2069\u2069\u2067\u2066open",
    "x" * 10_000,
    "é" * 10_000,
    "💾" * 10_000,
    "字 " * 5_000,
    "\u0301" * 500,
    "\ud800 half \udfff",
    "\ufeff\ufffe\uffff",
    "From here",
    ".",
    "",
    "   ",
]
TURNS = set("\u202a\u202b\u202c\u202d\u202e\u2066\u2067")
trying = hypothesis_settings(
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
# Any code point, half ones too, with the dangerous ones often among them.
characters = st.characters() | st.sampled_from(
    list('\r\n\x00\x85\u2028=?"\\,<>@:; {}%\u202e\u2069')
)
any_text = st.text(characters, max_size=120) | st.sampled_from(HOSTILE)
any_language = st.sampled_from(["en", "ar", "ja", "de"])


@pytest.fixture
def order(db):
    shop = ShopFactory(name="My store", domain="my-store.example")
    grant = GrantFactory(order=OrderFactory(shop=shop, number=1050))
    GrantFactory(order=grant.order, line=None)
    return grant.order


@pytest.fixture
def mail(order):
    return outbox(order.shop, order=order)


def storable(text, length):
    """Return what of a text a database of either kind can hold."""
    return text.replace("\x00", "").encode(errors="ignore").decode()[:length]


def squeezed(text):
    """Return a header without white space: the library puts some between two encoded words."""
    return "".join(text.split())


def stands_apart(message, order):
    """Assert that a mail is whole, to one person, from us, and leads to one place."""
    assert faults(message) == []
    shown = read(message)
    ((_name, sender),) = shown.addresses["From"]
    assert sender == "downloads@localhost"
    assert shown.addresses["To"] == [("", "ada@example.com")]
    # The way into the line, and into a provider's interface.
    assert sanitize_address(message.from_email, SEVEN_BITS).endswith("<downloads@localhost>")
    assert parse_single_address(message.from_email).addr_spec == "downloads@localhost"
    assert "Bcc" not in shown.headers
    page = Html(shown.html)
    assert page.hrefs == [ticket_url(order)]
    assert page.reaching_out == []
    assert {"script", "b", "h1"} & set(page.tags) == set()
    # What is set apart ends where we end it.
    assert TURNS & set(shown.text + shown.html) == set()
    assert shown.text.count("\u2068") == shown.text.count("\u2069")
    return shown


@pytest.mark.slow
def test_a_shops_name_stays_in_its_place(mail, order):
    for name in HOSTILE:
        mail.shop.name = name
        shown = stands_apart(compose(mail, at=NOW), order)
        assert len(squeezed(shown.addresses["From"][0][0])) <= 70, name
        assert len(squeezed(shown.headers["Subject"])) <= 78, name


@pytest.mark.slow
def test_words_titles_and_names_stay_in_their_place(mail, order):
    for text in HOSTILE:
        mail.shop.mail_text = text
        Product.objects.update(name=storable(text, 500))
        Asset.objects.update(title=storable(text, 300))
        Customer.objects.update(first_name=storable(text, 200))
        stands_apart(compose(mail, at=NOW), order)


@pytest.mark.slow
@trying
@given(name=any_text, language=any_language)
def test_any_shops_name_stays_in_its_place(mail, order, name, language):
    mail.shop.name, mail.shop.language = name, language
    stands_apart(compose(mail, at=NOW), order)


@pytest.mark.slow
@trying
@given(words=any_text, language=any_language)
def test_any_words_of_the_shop_stay_in_their_place(mail, order, words, language):
    mail.shop.mail_text, mail.shop.language = words, language
    stands_apart(compose(mail, at=NOW), order)


@pytest.mark.slow
@trying
@given(text=any_text, language=any_language)
def test_any_product_asset_and_buyer_stay_in_their_place(mail, order, text, language):
    Product.objects.update(name=storable(text, 500), variant_name=storable(text, 500))
    Asset.objects.update(title=storable(text, 300))
    Customer.objects.update(first_name=storable(text, 200), last_name=storable(text, 200))
    mail.shop.language = language
    stands_apart(compose(mail, at=NOW), order)


@pytest.mark.slow
@trying
@given(address=any_text | st.emails())
@example(address="help@my-store.example\r\nBcc: victim@evil.example")
@example(address="a@b.example, c@d.example")
@example(address='"a, b"@my-store.example')
@example(address='"\x01"@my-store.example')
def test_any_address_for_answers_is_one_or_none(mail, order, address):
    mail.shop.reply_to = address
    message = compose(mail, at=NOW)
    stands_apart(message, order)
    assert len(read(message).addresses.get("Reply-To", [])) <= 1


@pytest.mark.slow
@trying
@given(address=any_text | st.emails())
@example(address="help@bücher.example")
@example(address='"a, b"@my-store.example')
@example(address='"<victim@evil.example>"@my-store.example')
@example(address="\u017fhop@my-store.example")
def test_any_address_it_goes_to_is_that_one_or_refused(mail, address):
    mail.email = address
    try:
        message = compose(mail, at=NOW)
    except MailRefused:
        return
    assert faults(message) == []
    (recipient,) = message.recipients()
    assert "@" in sanitize_address(recipient, SEVEN_BITS)
    assert parse_single_address(recipient).display_name == ""
    ((name, _address),) = read(message).addresses["To"]
    assert (recipient, name) == (wire_spelling(address), "")


@pytest.mark.slow
@trying
@given(text=any_text)
@example(text="1+1=? A riddle")
def test_a_subject_is_read_as_it_is_written(mail, text):
    """Also by a reader that decodes whatever looks encoded."""
    mail.shop.name = text
    message = compose(mail, at=NOW)
    folded = email.message_from_bytes(wire(message))["Subject"]
    line = re.sub(r"\r\n(?=[ \t])", "", folded).strip()
    assert str(make_header(decode_header(line))) == message.subject
    assert squeezed(read(message).headers["Subject"]) == squeezed(message.subject)


@pytest.mark.parametrize("kind", Mail.Kind)
def test_a_name_that_looks_encoded_is_not_decoded(order, kind):
    mail = outbox(order.shop, order=order)
    mail.shop.name = "=?utf-8?q?Your=20bank?="
    shown = read(compose(mail, at=NOW))
    ((sender, _address),) = shown.addresses["From"]
    assert sender == "= ?utf-8?q?Your=20bank?="
    assert "Your bank" not in shown.headers["Subject"]
    assert "=?utf-8?q?Your=20bank?=" in shown.text


@pytest.mark.parametrize(
    ("name", "sender"),
    [
        ('The "best" shop', "The 'best' shop"),
        ("Smith, Jones & Co.", "Smith, Jones & Co."),
        ("Café <Crème>", "Café <Crème>"),
        ("a\\b", "a/b"),
        ("متجر الكتب", "متجر الكتب"),
        ("\r\n", "my-store.example"),
        ("x" * 200, f"{'x' * 69}…"),
    ],
)
def test_the_sender_bears_the_shops_name(mail, name, sender):
    mail.shop.name = name
    ((shown, address),) = read(compose(mail, at=NOW)).addresses["From"]
    assert (squeezed(shown), address) == (squeezed(sender), "downloads@localhost")


def test_a_title_that_looks_like_a_link_is_words(mail, order):
    Asset.objects.update(title="http://evil.example/login")
    Product.objects.update(name="<a href=http://evil.example>")
    shown = stands_apart(compose(mail, at=NOW), order)
    assert "<bdi>http://evil.example/login</bdi>" in shown.html
    assert "- http://evil.example/login\n" in shown.text


def test_a_long_name_is_cut(mail):
    Asset.objects.update(title="y" * 300)
    shown = read(compose(mail, at=NOW))
    assert f"- {'y' * 199}…\n" in shown.text
    assert f"<bdi>{'y' * 199}…</bdi>" in shown.html


@given(text=any_text)
def test_a_line_is_one_line_and_turns_nothing_around(text):
    line = one_line(text)
    assert len(line) <= 200
    assert len(f"{line}.".splitlines()) == 1
    assert line == " ".join(line.split())
    assert not any(
        unicodedata.category(character) in {"Cc", "Cs", "Zl", "Zp"} for character in line
    )
    assert not (TURNS | {"\u2068", "\u2069"}) & set(line)
    assert one_line(line) == line


@given(text=any_text)
def test_several_lines_break_in_one_way_alone(text):
    lines = as_lines(text)
    assert len(lines) <= 5_000
    assert lines.splitlines() == (lines.split("\n") if lines else [])
    assert not any(
        unicodedata.category(one) in {"Cc", "Cs"} - {"\n"} for one in lines if one != "\n"
    )
    assert not (TURNS | {"\u2068", "\u2069"}) & set(lines)
    assert lines == as_lines(lines)


@given(text=any_text)
def test_a_gap_is_filled_once_and_escaped(text):
    words = "{name} at {shop}: {count}"
    line = one_line(text)
    with translation.override("en"):
        sentence = fill(words, name=text, shop="{name}", count=3)
        assert sentence.html == f"<bdi>{escape(line)}</bdi> at <bdi>{{name}}</bdi>: 3"
    with translation.override("ar"):
        sentence = fill(words, name=text, shop="{name}", count=3)
        assert sentence.text == f"\u2068{line}\u2069 at \u2068{{name}}\u2069: 3"


def test_what_reads_from_the_right_is_set_apart():
    with translation.override("en"):
        assert [quote(text).text for text in ("Book", "كتاب", "ספר", "Book 2: ספר")] == [
            "Book",
            "\u2068كتاب\u2069",
            "\u2068ספר\u2069",
            "\u2068Book 2: ספר\u2069",
        ]


def test_a_shop_is_what_its_row_says(order):
    """The texts above stand in rows that were never stored; this one was."""
    Shop.objects.update(name="Zoë's =?utf-8?q?x?=", mail_text="<i>\n\n.\nFrom us")
    mail = Mail.objects.get(pk=outbox(order.shop, order=order).pk)
    shown = stands_apart(compose(mail, at=NOW), order)
    assert "\n<i>\n\n.\nFrom us\n" in shown.text
