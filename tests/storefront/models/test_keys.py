"""Keys of storefronts and of merchants' servers: what they are, may do, and when they end."""

import re
from datetime import timedelta

import pytest
from django.core.exceptions import ValidationError

from downloads.tokens import hash_token, with_checksum
from storefront.authentication import secret_key, storefront_key
from storefront.http.errors import KeyRefused
from storefront.models import CustomerToken, SecretKey, StorefrontKey
from storefront.models.keys import require_origins
from tests.factories import NOW, CustomerFactory, ShopFactory
from tests.storefront.conftest import FACE_B

HOUR = timedelta(hours=1)
MOMENT = timedelta(microseconds=1)
LIST = "/api/shop/customer-downloadable-products"
EXCHANGE = "/api/v1/customer-tokens"
SITE = "https://shop.example"
MAIL = {"email": "nobody@example.com"}

# As a shop's programs send one: each way to be asked for it.
KINDS = {
    StorefrontKey: lambda key, at: storefront_key(key, at=at),
    SecretKey: lambda key, at: secret_key(f"Bearer {key}", at=at),
}


@pytest.fixture(params=KINDS, ids=lambda kind: kind.__name__)
def kind(request, db):
    return request.param


@pytest.fixture
def issued(kind):
    """A key's row and the key itself."""
    return kind.issue(ShopFactory(), name="Storefront")


def is_accepted(kind, key, at=NOW):
    try:
        KINDS[kind](key, at)
    except KeyRefused as refused:
        said = (str(refused), refused.code)
    else:
        return True
    assert said == ("Invalid API key", "invalid_key")
    return False


def swapped(key, place):
    return key[:place] + key[place + 1 : place + 2] + key[place] + key[place + 2 :]


def unlike(key):
    """Return a place of a key's random part behind which another letter stands."""
    return next(place for place in range(20, len(key)) if key[place] != key[place + 1])


def mistyped(key):
    """Return every text that is one slip away from a key: changed, swapped, left out, doubled."""
    slips = set()
    for place, letter in enumerate(key):
        slips |= {key[:place] + other + key[place + 1 :] for other in "aZ09_-~é\ud800"}
        slips |= {key[:place] + key[place + 1 :], key[:place] + letter + key[place:]}
        slips |= {key[:place], swapped(key, place), f"{key[:place]} {key[place:]}"}
    slips |= {key + other for other in "aZ0_\n "} | {key * 2, key.lower(), key.upper()}
    return slips - {key, ""}


def test_every_slip_of_the_finger_is_refused_without_a_query(
    kind, issued, django_assert_num_queries
):
    slips = mistyped(issued[1])
    assert len(slips) > 600
    with django_assert_num_queries(0):
        assert [text for text in slips if kind.is_key(text)] == []


@pytest.mark.parametrize(
    "slip", [lambda key: key[:-1], lambda key: swapped(key, unlike(key)), lambda key: key + "a"]
)
def test_a_slip_is_answered_like_an_unknown_key_without_a_query(
    kind, issued, slip, django_assert_num_queries
):
    with django_assert_num_queries(0):
        assert not is_accepted(kind, slip(issued[1]))


def test_a_well_formed_unknown_key_takes_one_query(kind, issued, django_assert_num_queries):
    unknown = with_checksum(kind.PREFIX + "x" * 43)
    with django_assert_num_queries(1):
        assert not is_accepted(kind, unknown)


def test_a_key_past_every_length_is_refused_without_a_query(kind, django_assert_num_queries):
    with django_assert_num_queries(0):
        assert not is_accepted(kind, with_checksum(kind.PREFIX + "x" * 200))


def test_a_key_is_its_prefix_256_bits_and_a_checksum(kind, issued):
    row, key = issued
    assert re.fullmatch(re.escape(kind.PREFIX) + "[A-Za-z0-9_-]{43}[A-Za-z0-9]{6}", key)
    row.refresh_from_db()
    assert (row.key_hash, row.prefix) == (hash_token(key), key[: len(kind.PREFIX) + 6])


def test_a_row_holds_no_more_of_a_key_than_its_beginning(kind, issued):
    row, key = issued
    stored = [str(value) for value in type(row).objects.values().get().values()]
    assert [value for value in stored if key in value] == []
    assert [value for value in stored if key[len(row.prefix) :][:8] in value] == []


def test_a_key_of_one_kind_is_none_of_the_other(db, client):
    shop = ShopFactory()
    public, secret = (each.issue(shop, name="x")[1] for each in (StorefrontKey, SecretKey))
    assert not is_accepted(StorefrontKey, secret)
    with pytest.raises(KeyRefused):
        secret_key(f"Bearer {public}", at=NOW)
    assert client.get(LIST, headers={"X-Storefront-Key": secret}).json()["error"] == "invalid_key"
    sent = {"Authorization": f"Bearer {public}"}
    assert client.post(EXCHANGE, MAIL, headers=sent).status_code == 401


def test_the_same_text_stored_as_the_other_kind_opens_nothing(db):
    """The prefix alone would tell the kinds apart; the tables do it, too."""
    shop = ShopFactory()
    text = with_checksum(StorefrontKey.PREFIX + "y" * 43)
    SecretKey.issue(shop, name="x", key=text)
    assert not is_accepted(StorefrontKey, text)


def test_a_key_is_usable_until_its_end(kind, issued):
    _row, key = issued
    kind.objects.update(expires_at=NOW)
    at = (NOW - MOMENT, NOW, NOW + MOMENT)
    assert [is_accepted(kind, key, at=each) for each in at] == [True, False, False]


def test_a_revoked_key_is_refused_at_the_next_request(kind, issued):
    _row, key = issued
    assert is_accepted(kind, key)
    kind.objects.all().revoke(NOW)
    assert not is_accepted(kind, key)


# Rotation


def test_the_earlier_key_works_until_its_grace_ends(kind, issued, settings):
    settings.KEY_GRACE_HOURS = 24
    row, key = issued
    _successor, fresh = row.rotate(at=NOW)
    end = NOW + 24 * HOUR
    at = (NOW, end - MOMENT, end, end + MOMENT)
    assert [is_accepted(kind, key, at=each) for each in at] == [True, True, False, False]
    assert [is_accepted(kind, fresh, at=each) for each in at] == [True] * 4


def test_the_grace_is_held_to_at_every_door(db, client, frozen, settings):
    settings.KEY_GRACE_HOURS = 2
    row, key = StorefrontKey.issue(ShopFactory(), name="Storefront")
    row.rotate(at=NOW)

    def statuses(at):
        frozen(at)
        sent = {"X-Storefront-Key": key}
        asked = {"query": "{ __typename }"}
        graphql = client.post(FACE_B, asked, content_type="application/json", headers=sent)
        rest = client.get(LIST, headers=sent)
        return graphql.status_code, rest.json()["error"]

    assert statuses(NOW + 2 * HOUR - MOMENT) == (200, "unauthenticated")
    assert statuses(NOW + 2 * HOUR) == (401, "invalid_key")


@pytest.mark.parametrize(
    ("own_end", "end"),
    [(None, 24 * HOUR), (3 * HOUR, 3 * HOUR), (24 * HOUR, 24 * HOUR), (90 * HOUR, 24 * HOUR)],
    ids=["none", "earlier", "the same", "later"],
)
def test_the_grace_never_moves_an_end_further_away(kind, issued, settings, own_end, end):
    settings.KEY_GRACE_HOURS = 24
    row, _key = issued
    row.expires_at = own_end and NOW + own_end
    row.save()
    row.rotate(at=NOW)
    assert kind.objects.get(pk=row.pk).expires_at == NOW + end


def test_without_a_grace_the_earlier_key_ends_at_once(kind, issued):
    row, key = issued
    _successor, fresh = row.rotate(at=NOW, grace_hours=0)
    assert (is_accepted(kind, key), is_accepted(kind, fresh)) == (False, True)


def test_a_successor_keeps_what_the_earlier_one_might_do(db):
    shop = ShopFactory()
    limits = {"rate_per_minute": 7, "allowed_origins": SITE}
    row, _key = StorefrontKey.issue(shop, name="Theme", **limits)
    successor, _fresh = row.rotate(at=NOW)
    successor.refresh_from_db()
    assert (successor.shop, successor.name, successor.rate_per_minute) == (shop, "Theme", 7)
    assert (successor.allowed_origins, successor.used_at) == (SITE, None)


def test_rotating_writes_nothing_of_the_earlier_key_but_its_end(kind, issued):
    row, _key = issued
    kind.objects.update(used_at=NOW, revoked_at=NOW, rate_per_minute=3)
    before = kind.objects.values().get()
    row.rotate(at=NOW)
    after = kind.objects.values().get(pk=row.pk)
    assert {name for name in before if before[name] != after[name]} == {"expires_at"}


# Last use


def test_the_last_use_is_noted_once_an_hour(kind, issued, django_assert_num_queries):
    _row, key = issued

    def noted():
        return kind.objects.values_list("used_at", flat=True).get()

    for minutes, queries, used_at in (
        (0, 2, NOW),
        (1, 1, NOW),
        (60, 1, NOW),
        (61, 2, NOW + 61 * timedelta(minutes=1)),
        (62, 1, NOW + 61 * timedelta(minutes=1)),
    ):
        with django_assert_num_queries(queries):
            assert is_accepted(kind, key, at=NOW + timedelta(minutes=minutes))
        assert noted() == used_at


def test_a_crowd_at_the_same_moment_notes_the_last_use_once(kind, issued):
    """Each read the key before the first of them had noted it."""
    crowd = [kind.objects.get() for _ in range(3)]
    for minutes, each in enumerate(crowd):
        each.note_use(NOW + timedelta(minutes=minutes))
    assert kind.objects.get().used_at == NOW


def test_a_refused_key_was_not_used(kind, issued):
    _row, key = issued
    kind.objects.all().revoke(NOW)
    assert not is_accepted(kind, key)
    assert kind.objects.get().used_at is None


# The rate


def test_each_key_has_a_rate_of_its_own(db, client):
    shop = ShopFactory()
    keys = [StorefrontKey.issue(shop, name="x", rate_per_minute=rate)[1] for rate in (1, 2)]
    bearer = CustomerToken.issue(CustomerFactory(shop=shop), at=NOW)[1]

    def statuses(key):
        sent = {"X-Storefront-Key": key, "Authorization": f"Bearer {bearer}"}
        return [client.get(LIST, headers=sent).status_code for _ in range(3)]

    assert statuses(keys[0]) == [200, 429, 429]
    assert statuses(keys[1]) == [200, 200, 429]


def test_the_rate_begins_anew_with_the_minute(db, client, frozen):
    customer = CustomerFactory()
    _row, key = StorefrontKey.issue(customer.shop, name="x", rate_per_minute=1)
    bearer = CustomerToken.issue(customer, at=NOW)[1]
    told = []
    for seconds in (0, 59, 60):
        frozen(NOW + timedelta(seconds=seconds))
        sent = {"X-Storefront-Key": key, "Authorization": f"Bearer {bearer}"}
        answered = client.get(LIST, headers=sent)
        told.append((answered.status_code, answered.headers["X-RateLimit-Remaining"]))
    assert told == [(200, "0"), (429, "0"), (200, "0")]


def test_a_storefront_key_and_a_secret_key_of_one_number_are_counted_apart(db, client):
    shop = ShopFactory()
    public, key = StorefrontKey.issue(shop, name="x", rate_per_minute=1)
    secret, other = SecretKey.issue(shop, name="x", rate_per_minute=1)
    SecretKey.objects.filter(pk=secret.pk).update(id=public.pk)
    client.get(LIST, headers={"X-Storefront-Key": key})
    sent = {"Authorization": f"Bearer {other}"}
    answered = client.post(EXCHANGE, MAIL, content_type="application/json", headers=sent)
    assert answered.status_code == 404


# Origins


@pytest.fixture(params=["graphql", "rest"])
def ask(request, client):
    """Return a function that asks a face with a key, as a browser on a site would."""

    def send(key, origin=None):
        headers = {"X-Storefront-Key": key} | ({"Origin": origin} if origin else {})
        if request.param == "rest":
            return client.get(LIST, headers=headers)
        asked = {"query": "{ __typename }"}
        return client.post(FACE_B, asked, content_type="application/json", headers=headers)

    return send


REFUSED = "This API key may not be used from this site"


@pytest.mark.parametrize("origin", [None, SITE, "http://localhost:3000", "https://[::1]:8080"])
def test_a_key_is_used_from_its_own_sites_and_by_programs(db, ask, origin):
    sites = f"{SITE}\r\nhttp://localhost:3000\nhttps://[::1]:8080"
    _row, key = StorefrontKey.issue(ShopFactory(), name="x", allowed_origins=sites)
    assert ask(key, origin).status_code in {200, 401}
    assert "may not be used" not in ask(key, origin).content.decode()


@pytest.mark.parametrize(
    "origin",
    [
        "null",
        "https://other.example",
        "https://SHOP.example",
        f"{SITE}/",
        f"{SITE}:443",
        f"{SITE}.evil.example",
        "https://evil.example?https://shop.example",
        "http://shop.example",
        "https://sub.shop.example",
        f"{SITE} {SITE}",
        "https://shop.exampl",
    ],
)
def test_a_key_is_refused_from_any_other_site(db, ask, origin):
    _row, key = StorefrontKey.issue(ShopFactory(), name="x", allowed_origins=SITE)
    answered = ask(key, origin)
    told = answered.json()
    assert (answered.status_code, told["message"]) == (403, REFUSED)
    assert told["error"] == "origin_not_allowed"


@pytest.mark.parametrize("origin", [None, "null", SITE, "https://other.example"])
def test_a_key_without_sites_is_used_from_anywhere(db, ask, origin):
    _row, key = StorefrontKey.issue(ShopFactory(), name="x")
    assert ask(key, origin).status_code in {200, 401}
    assert "may not be used" not in ask(key, origin).content.decode()


def test_a_site_learns_nothing_of_a_key_that_is_unknown(db, ask):
    unknown = with_checksum(StorefrontKey.PREFIX + "x" * 43)
    assert ask(unknown, "https://other.example").json()["error"] == "invalid_key"


@pytest.mark.parametrize(
    "text",
    [
        "",
        " \n ",
        SITE,
        "http://localhost:3000",
        "https://127.0.0.1:8443",
        "https://[::1]",
        "https://xn--bcher-kva.example\nhttps://a-b.example",
    ],
)
def test_a_list_of_sites_is_accepted(text):
    require_origins(text)


@pytest.mark.parametrize(
    "line",
    [
        "shop.example",
        "*",
        "https://*.shop.example",
        "null",
        f"{SITE}/",
        f"{SITE}/path",
        f"{SITE}?a",
        f"{SITE}#a",
        "https://Shop.example",
        "HTTPS://shop.example",
        f"{SITE}:443",
        "http://shop.example:80",
        f"{SITE}:",
        f"{SITE}:0",
        f"{SITE}:https",
        "https://me@shop.example",
        "https://me:pass@shop.example",
        "ftp://shop.example",
        "file://",
        "https://",
        "https://-shop.example",
        "https://shop.example,https://other.example",
        "https://bücher.example",
        "https://[::1",
        "https://[v1.a]",
        "https://shop℀example",
    ],
)
def test_what_no_browser_calls_itself_is_no_site(line):
    with pytest.raises(ValidationError) as refused:
        require_origins(f"{SITE}\n{line}")
    assert refused.value.messages == [
        f'"{line}" is no origin. Enter one a line, in lower case, like https://shop.example.'
    ]
