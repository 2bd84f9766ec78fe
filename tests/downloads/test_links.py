import pytest
from django.core.exceptions import ValidationError

from downloads.links import NO_HOST, public_url, validate_link

SPACES = "Remove the spaces, line breaks and backslashes from the link."
NO_ADDRESS = "This is not a web address. Copy it from your browser."
HTTPS = "The link must begin with https://."
HTTPS_OR_HTTP = "The link must begin with https:// or http://."
PASSWORD = "Remove the user name and password from the link."
PRIVATE = "The link must lead to a public website, not to a local or private address."

ACCEPTED = [
    "https://www.my-website.com/download/my-book.pdf",
    "https://example.com",
    "https://example.com.",
    "HTTPS://EXAMPLE.COM/",
    "https://example.com:8443/a?b=c&d=e#f",
    "https://example.com:/",
    "https://bücher.example.com/größe",
    "https://xn--bcher-kva.example.com/",
    "https://例え.jp/",
    "https://127.example.com/",
    "https://example.com/127.0.0.1",
    "https://example.com/@user:password",
    "https://example.com/http://localhost/",
    "https://localhost.example.com/",
    "https://notlocal.com/",
    "https://internal.example.com/",
    "https://a.b.c.d.e.example.com/",
    "https://1.1.1.1/",
    "https://[2606:4700:4700::1111]/",
    "https://[::ffff:1.1.1.1]/",
    # Wrapped, but public: what an IPv6-only network reaches IPv4 by.
    "https://[64:ff9b::1.1.1.1]/",
    "https://[2606:4700::5efe:1.1.1.1]/",
]

REFUSED = [
    # Other schemes.
    ("", HTTPS),
    ("javascript:alert(1)", HTTPS),
    ("JavaScript:alert(1)", HTTPS),
    ("data:text/html,x", HTTPS),
    ("ftp://example.com/book.pdf", HTTPS),
    ("file:///etc/passwd", HTTPS),
    ("http://example.com/", HTTPS),
    ("//example.com/", HTTPS),
    ("/book.pdf", HTTPS),
    ("example.com", HTTPS),
    ("example.com/https://", HTTPS),
    ("mailto:ada@example.com", HTTPS),
    ("\u00a0https://example.com/", HTTPS),
    # No host.
    ("https", HTTPS),
    ("https:", PRIVATE),
    ("https://", PRIVATE),
    ("https:///example.com", PRIVATE),
    ("https:example.com", PRIVATE),
    ("https://?example.com", PRIVATE),
    ("https://:443/", PRIVATE),
    # User names.
    ("https://user:pw@example.com/", PASSWORD),
    ("https://user@example.com/", PASSWORD),
    ("https://@example.com/", PASSWORD),
    ("https://example.com@127.0.0.1/", PASSWORD),
    # This machine, in every spelling.
    ("https://127.0.0.1/", PRIVATE),
    ("https://127.0.0.1:8443/", PRIVATE),
    ("https://127.0.0.1./", PRIVATE),
    ("https://127.1/", PRIVATE),
    ("https://127.255.255.254/", PRIVATE),
    ("https://2130706433/", PRIVATE),
    ("https://0x7f000001/", PRIVATE),
    ("https://0x7f.1/", PRIVATE),
    ("https://0X7F.0.0.0X1/", PRIVATE),
    ("https://0177.0.0.1/", PRIVATE),
    ("https://0/", PRIVATE),
    ("https://0.0.0.0/", PRIVATE),
    ("https://[::1]/", PRIVATE),
    ("https://[::1]:8443/", PRIVATE),
    ("https://[::]/", PRIVATE),
    ("https://[0:0:0:0:0:0:0:1]/", PRIVATE),
    ("https://[::ffff:127.0.0.1]/", PRIVATE),
    ("https://[::ffff:7f00:1]/", PRIVATE),
    # Addresses that wrap a private one, and ranges that lead nowhere.
    ("https://[2002:7f00:1::]/", PRIVATE),
    ("https://[2002:a9fe:a9fe::1]/", PRIVATE),
    ("https://[2002:a00:1:1::5]/", PRIVATE),
    ("https://[2002:c0a8:101::c0a8:101]/", PRIVATE),
    ("https://[2002:7f00:1:1::1.1.1.1]/", PRIVATE),
    ("https://[2002:101:101::1]/", PRIVATE),
    ("https://[2001:0:101:101::80ff:fffe]/", PRIVATE),
    ("https://[2001:0:7f00:1::fefe:fefe]/", PRIVATE),
    ("https://[64:ff9b::127.0.0.1]/", PRIVATE),
    ("https://[64:ff9b::7f00:1]/", PRIVATE),
    ("https://[64:ff9b::a9fe:a9fe]/", PRIVATE),
    ("https://[64:ff9b:1::1.1.1.1]/", PRIVATE),
    ("https://[::127.0.0.1]/", PRIVATE),
    ("https://[::1.1.1.1]/", PRIVATE),
    ("https://[::ffff:0:127.0.0.1]/", PRIVATE),
    ("https://[2606:4700::5efe:127.0.0.1]/", PRIVATE),
    ("https://[2606:4700::200:5efe:10.0.0.1]/", PRIVATE),
    ("https://[2001:db8::1]/", PRIVATE),
    ("https://[3fff::1]/", PRIVATE),
    ("https://[3fff:fff:ffff::1]/", PRIVATE),
    ("https://[5f00::1]/", PRIVATE),
    ("https://[2001:10::1]/", PRIVATE),
    ("https://[2001:2::1]/", PRIVATE),
    ("https://192.88.99.1/", PRIVATE),
    ("https://192.0.2.1/", PRIVATE),
    ("https://198.51.100.1/", PRIVATE),
    ("https://203.0.113.1/", PRIVATE),
    ("https://198.18.0.1/", PRIVATE),
    ("https://localhost/", PRIVATE),
    ("https://localhost./", PRIVATE),
    ("https://LOCALHOST/", PRIVATE),
    ("https://foo.localhost/", PRIVATE),
    ("https://foo.localhost:8443/", PRIVATE),
    ("https://１２７.0.0.1/", PRIVATE),
    ("https://①②⑦.0.0.1/", PRIVATE),
    ("https://127。0。0。1/", PRIVATE),
    ("https://127．0．0．1/", PRIVATE),
    ("https://127｡0｡0｡1/", PRIVATE),
    ("https://ｌｏｃａｌｈｏｓｔ/", PRIVATE),
    ("https://foo。localhost/", PRIVATE),
    # Characters that a browser leaves out of a host.
    ("https://127.0.0.1\u00ad/", PRIVATE),
    ("https://127.0.0.\u200b1/", PRIVATE),
    ("https://127.0.0.1\u2060/", PRIVATE),
    ("https://127.0.0.1\ufe0f/", PRIVATE),
    ("https://foo.local\u00adhost/", PRIVATE),
    # Networks that are nobody's outside.
    ("https://169.254.169.254/latest/meta-data/", PRIVATE),
    ("https://10.0.0.1/", PRIVATE),
    ("https://10.255.255.255/", PRIVATE),
    ("https://172.16.0.1/", PRIVATE),
    ("https://192.168.1.1/", PRIVATE),
    ("https://100.64.0.1/", PRIVATE),
    ("https://198.18.0.1/", PRIVATE),
    ("https://192.0.2.1/", PRIVATE),
    ("https://240.0.0.1/", PRIVATE),
    ("https://255.255.255.255/", PRIVATE),
    ("https://[fe80::1]/", PRIVATE),
    ("https://[fd00::1]/", PRIVATE),
    ("https://[2001:db8::1]/", PRIVATE),
    ("https://[::ffff:10.0.0.1]/", PRIVATE),
    ("https://[::ffff:100.64.0.1]/", PRIVATE),
    # One to many is no website.
    ("https://224.0.0.1/", PRIVATE),
    ("https://[ff02::1]/", PRIVATE),
    # Names that only a house knows.
    ("https://intranet/", PRIVATE),
    ("https://com./", PRIVATE),
    ("https://printer.local/", PRIVATE),
    ("https://PRINTER.LOCAL./", PRIVATE),
    ("https://metadata.google.internal/", PRIVATE),
    ("https://nas.lan/", PRIVATE),
    ("https://router.home.arpa/", PRIVATE),
    ("https://site.test/", PRIVATE),
    ("https://site.invalid/", PRIVATE),
    # No host at all in what looks like one.
    ("https://a..example.com/", PRIVATE),
    ("https://.example.com/", PRIVATE),
    ("https://./", PRIVATE),
    ("https://exa%6dple.com/", PRIVATE),
    ("https://127.0.0.1%2eexample.com/", PRIVATE),
    ("https://<script>.example.com/", PRIVATE),
    # Spaces, line breaks, backslashes.
    (" https://example.com/", SPACES),
    ("https://example.com/ ", SPACES),
    ("https://example.com/a b", SPACES),
    ("https://example.com/\r\nSet-Cookie:a=b", SPACES),
    ("https://example.com/\n", SPACES),
    ("java\nscript:alert(1)", SPACES),
    ("https://example.com\t/", SPACES),
    ("https://example.com/\0", SPACES),
    ("https://example.com/\x7f", SPACES),
    ("https:\\\\example.com/", SPACES),
    ("https://example.com\\@127.0.0.1/", SPACES),
    # Ports and brackets.
    ("https://example.com:65536/", NO_ADDRESS),
    ("https://example.com:-1/", NO_ADDRESS),
    ("https://example.com:80:80/", NO_ADDRESS),
    ("https://example.com:http/", NO_ADDRESS),
    ("https://example.com:٣/", NO_ADDRESS),
    ("https://[::1/", NO_ADDRESS),
    ("https://[example.com]/", NO_ADDRESS),
    ("https://example.com／a@127.0.0.1/", NO_ADDRESS),
]


@pytest.mark.parametrize("link", ACCEPTED, ids=ascii)
def test_a_public_address_is_accepted(link):
    validate_link(link)


@pytest.mark.parametrize(("link", "message"), REFUSED, ids=ascii)
def test_anything_else_is_refused_with_what_to_do(link, message):
    with pytest.raises(ValidationError) as refusal:
        validate_link(link)
    assert refusal.value.messages == [message]


def test_http_is_accepted_by_setting_alone(settings):
    settings.ALLOW_HTTP_LINKS = True
    validate_link("http://example.com/")
    for link, message in (
        ("ftp://example.com/", HTTPS_OR_HTTP),
        ("http://127.0.0.1/", PRIVATE),
        ("http://user:pw@example.com/", PASSWORD),
    ):
        with pytest.raises(ValidationError) as refusal:
            validate_link(link)
        assert refusal.value.messages == [message]


@pytest.mark.parametrize(
    ("link", "location"),
    [
        ("https://example.com/a?b=c&d=e#f", "https://example.com/a?b=c&d=e#f"),
        ("HTTPS://EXAMPLE.COM:8443/A", "https://EXAMPLE.COM:8443/A"),
        ("https://bücher.example/größe.pdf?q=ü", "https://xn--bcher-kva.example/gr%C3%B6%C3%9Fe.pdf?q=%C3%BC"),
        ("https://BÜCHER.example:8443/", "https://xn--bcher-kva.example:8443/"),
        ("https://faß.example/", "https://xn--fa-hia.example/"),
        ("https://例え。jp/", "https://xn--r8jz45g.jp/"),
        ("https://💩.example/", "https://xn--ls8h.example/"),
        ("https://ünder_score.example/", "https://xn--nder_score-8db.example/"),
        ("https://xn--bcher-kva.example/", "https://xn--bcher-kva.example/"),
        ("https://my_shop.example.com/", "https://my_shop.example.com/"),
        ("https://[2606:4700:4700::1111]/", "https://[2606:4700:4700::1111]/"),
        ("https://example.com/100%25.pdf", "https://example.com/100%25.pdf"),
        ("https://example.com/ספר.pdf", "https://example.com/%D7%A1%D7%A4%D7%A8.pdf"),
    ],
    ids=ascii,
)  # fmt: skip
def test_a_link_is_led_to_in_plain_ascii(link, location):
    assert public_url(link) == location


@pytest.mark.parametrize("host", ["ü" * 64, "ü" * 60 + ".example"], ids=ascii)
def test_a_host_that_no_program_can_look_up_is_refused_at_entry(host):
    with pytest.raises(ValidationError) as refusal:
        validate_link(f"https://{host}.com/")
    assert refusal.value.messages == [NO_HOST]
