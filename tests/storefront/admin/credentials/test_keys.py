"""Keys and customers' tokens: bounded, rotated and revoked by a shopkeeper, and never shown."""

import re
from datetime import timedelta

import pytest
from django.contrib.admin.models import LogEntry

from downloads.tokens import hash_token
from storefront.authentication import secret_key, storefront_key
from storefront.http.errors import KeyRefused
from storefront.models import CustomerToken, SecretKey, StorefrontKey
from tests.factories import NOW, CustomerFactory, ShopFactory

HOUR = timedelta(hours=1)
SITE = "https://shop.example"
ADMIN = "/admin/storefront"
URLS = {
    StorefrontKey: f"{ADMIN}/storefrontkey/",
    SecretKey: f"{ADMIN}/secretkey/",
    CustomerToken: f"{ADMIN}/customertoken/",
}
USABLE = '<img src="/static/admin/img/icon-yes.svg" alt="True">'
ONE = "Choose exactly one: each successor is shown once."


@pytest.fixture(autouse=True)
def _clock_stands_still(frozen):
    frozen(NOW)


@pytest.fixture(params=[StorefrontKey, SecretKey], ids=lambda kind: kind.__name__)
def kind(request, db):
    return request.param


@pytest.fixture
def issued(kind):
    """A key's row and the key itself."""
    return kind.issue(ShopFactory(name="My store"), name="Theme")


@pytest.fixture
def token(db):
    customer = CustomerFactory(first_name="Ada", last_name="Byron", email="ada@example.com")
    return CustomerToken.issue(customer, at=NOW, origin=CustomerToken.Origin.EXCHANGE)[0]


def chosen(action, *rows):
    return {"action": action, "_selected_action": [row.pk for row in rows]}


def form(**fields):
    """Return what a browser sends for a key's form."""
    end = {"expires_at_0": "", "expires_at_1": ""}
    return {"name": "Theme", "rate_per_minute": 600, "allowed_origins": ""} | end | fields


def secret_in(response):
    return re.search(r"<code>(.*?)</code>", response.content.decode())[1]


def shown_in(page):
    """Return what a list's first row shows, column by column."""
    row = page.partition("<tbody>")[2].partition("</tr>")[0]
    cells = re.findall(r'<t[dh] class="field-(\w+)[^>]*>(.*?)</t[dh]>', row)
    return {name: re.sub("<(?!img)[^>]*>", "", cell) for name, cell in cells}


def is_accepted(kind, key, at=NOW):
    try:
        if kind is SecretKey:
            secret_key(f"Bearer {key}", at=at)
        else:
            storefront_key(key, at=at)
    except KeyRefused:
        return False
    return True


# The shop's two actions


@pytest.mark.parametrize(
    ("kind", "action", "use"),
    [
        (StorefrontKey, "make_storefront_key", "Send it in the header X-STOREFRONT-KEY."),
        (
            SecretKey,
            "make_secret_key",
            "Send it from your own server as Authorization: Bearer …, never from a browser: with "
            "it any customer of this shop can be signed in.",
        ),
    ],
    ids=["public", "secret"],
)
def test_a_shop_makes_each_kind_and_is_told_its_use(staff, kind, action, use):
    shop = ShopFactory()
    answered = staff.post("/admin/downloads/shop/", chosen(action, shop))
    row = kind.objects.get()
    assert use in answered.content.decode()
    assert (row.shop, row.name, row.expires_at) == (shop, "Made on 2026-03-01", None)
    assert is_accepted(kind, secret_in(answered))
    [entry] = LogEntry.objects.all()
    assert entry.change_message == f"Made the {kind._meta.verbose_name} {row.prefix}…"
    assert (entry.object_id, secret_in(answered) in entry.change_message) == (str(shop.pk), False)


@pytest.mark.parametrize("name", ["storefrontkey", "secretkey"])
def test_a_clerk_who_may_make_no_keys_makes_none(clerk, name):
    action = {"storefrontkey": "make_storefront_key", "secretkey": "make_secret_key"}[name]
    shop = ShopFactory()
    clerk("change_shop").post("/admin/downloads/shop/", chosen(action, shop))
    assert not StorefrontKey.objects.exists()
    assert not SecretKey.objects.exists()
    maker = clerk("view_shop", f"add_{name}")
    assert maker.post("/admin/downloads/shop/", chosen(action, shop)).context


# Rotating


@pytest.mark.slow
def test_a_successor_is_shown_once_with_the_end_of_the_earlier_key(staff, kind, issued):
    row, key = issued
    answered = staff.post(URLS[kind], chosen("rotate", row))
    fresh, page = secret_in(answered), answered.content.decode()
    assert answered["Cache-Control"] == "no-store, private"
    assert f"Successor of Theme ({row.prefix}…)" in page
    assert "That one ends on 2 Mar 2026, 12:00 UTC." in page
    assert [is_accepted(kind, each) for each in (key, fresh)] == [True, True]
    end = NOW + 24 * HOUR
    assert [is_accepted(kind, each, at=end) for each in (key, fresh)] == [False, True]
    successor = kind.objects.exclude(pk=row.pk).get()
    for path in ("", f"{successor.pk}/change/", f"{row.pk}/history/"):
        assert fresh not in staff.get(URLS[kind] + path).content.decode()


def test_the_end_is_told_in_the_shops_own_time(staff, kind, issued, settings):
    settings.TIME_ZONE = "Europe/Berlin"
    answered = staff.post(URLS[kind], chosen("rotate", issued[0]))
    assert "That one ends on 2 Mar 2026, 13:00 CET." in answered.content.decode()


def test_the_history_tells_of_the_rotation_and_of_no_key(staff, kind, issued):
    fresh = secret_in(staff.post(URLS[kind], chosen("rotate", issued[0])))
    [entry] = LogEntry.objects.all()
    successor = kind.objects.exclude(pk=issued[0].pk).get()
    assert entry.change_message == f"Rotated to {successor.prefix}…"
    assert successor.prefix == fresh[: kind.shown_length()]


@pytest.mark.slow
@pytest.mark.parametrize("end", [{"revoked_at": NOW}, {"expires_at": NOW}], ids=str)
def test_an_ended_key_has_no_successor(staff, kind, issued, end, messages_of):
    kind.objects.update(**end)
    answered = staff.post(URLS[kind], chosen("rotate", issued[0]), follow=True)
    assert messages_of(answered) == [
        f"{issued[0]} is of no use any more. Make a new key with the action in the list of shops."
    ]
    assert kind.objects.count() == 1


def test_one_key_is_rotated_at_a_time(staff, kind, issued, messages_of):
    other, _key = kind.issue(issued[0].shop, name="Other")
    kind.objects.filter(pk=other.pk).update(revoked_at=NOW)
    answered = staff.post(URLS[kind], chosen("rotate", issued[0], other), follow=True)
    assert messages_of(answered) == [ONE]
    assert (kind.objects.count(), kind.objects.filter(expires_at=None).count()) == (2, 2)


@pytest.mark.slow
def test_a_clerk_who_may_only_look_rotates_and_revokes_nothing(clerk, kind, issued):
    client = clerk(f"view_{kind._meta.model_name}")
    assert client.get(URLS[kind]).status_code == 200
    for action in ("rotate", "revoke"):
        client.post(URLS[kind], chosen(action, issued[0]))
    client.post(f"{URLS[kind]}{issued[0].pk}/change/", form(name="Mine"))
    [row] = kind.objects.all()
    assert (row.name, row.expires_at, row.revoked_at) == ("Theme", None, None)


# Changing what a key may do


def test_a_key_is_bounded_by_its_form(staff, issued, kind):
    row, _key = issued
    fields = form(
        name="Old theme",
        rate_per_minute=9,
        allowed_origins=f"{SITE}\r\nhttp://localhost:3000",
        expires_at_0="2026-03-05",
        expires_at_1="08:30:00",
    )
    assert staff.post(f"{URLS[kind]}{row.pk}/change/", fields).status_code == 302
    row = kind.objects.get()
    assert (row.name, row.rate_per_minute) == ("Old theme", 9)
    assert row.expires_at.isoformat() == "2026-03-05T08:30:00+00:00"
    if kind is StorefrontKey:
        assert row.allowed_origins.split() == [SITE, "http://localhost:3000"]


@pytest.mark.slow
@pytest.mark.parametrize(
    ("fields", "errors"),
    [
        ({"rate_per_minute": 0}, ["Ensure this value is greater than or equal to 1."]),
        ({"rate_per_minute": ""}, ["This field is required."]),
        ({"rate_per_minute": "x"}, ["Enter a whole number."]),
        ({"name": ""}, ["This field is required."]),
        ({"expires_at_0": "soon", "expires_at_1": "08:30"}, ["Enter a valid date."]),
    ],
    ids=str,
)
def test_what_no_key_may_be_is_refused_at_its_field(staff, kind, issued, fields, errors, errors_of):
    answered = staff.post(f"{URLS[kind]}{issued[0].pk}/change/", form(**fields))
    assert errors_of(answered) == errors
    assert kind.objects.values().get()["name"] == "Theme"


@pytest.mark.slow
@pytest.mark.parametrize(
    "line", ["shop.example", f"{SITE}/", "https://[::1", "https://*.a.example"]
)
def test_what_is_no_site_is_named(staff, line, errors_of):
    row, _key = StorefrontKey.issue(ShopFactory(), name="Theme")
    fields = form(allowed_origins=f"{SITE}\n{line}")
    answered = staff.post(f"{URLS[StorefrontKey]}{row.pk}/change/", fields)
    assert errors_of(answered) == [
        f'"{line}" is no origin. Enter one a line, in lower case, like https://shop.example.'
    ]


def fields_of(row):
    if isinstance(row, CustomerToken):
        return {"expires_at_0": "2026-04-01", "expires_at_1": "00:00:00"}
    return form(name="Other")


@pytest.mark.parametrize("meanwhile", [{"used_at": NOW + HOUR}, {"revoked_at": NOW}], ids=str)
@pytest.mark.parametrize("model", URLS, ids=lambda model: model.__name__)
def test_a_form_writes_nothing_that_happened_meanwhile(staff, token, monkeypatch, model, meanwhile):
    """A request that uses the key, or somebody who revokes it, between reading and writing."""
    shop = token.customer.shop
    row = token if model is CustomerToken else model.issue(shop, name="Theme")[0]
    save = model.save

    def happen_then_save(row, *args, **kwargs):
        model.objects.filter(pk=row.pk).update(**meanwhile)
        return save(row, *args, **kwargs)

    monkeypatch.setattr(model, "save", happen_then_save)
    assert staff.post(f"{URLS[model]}{row.pk}/change/", fields_of(row)).status_code == 302
    kept = model.objects.values().get(pk=row.pk)
    assert {name: kept[name] for name in meanwhile} == meanwhile
    changed = "expires_at" if model is CustomerToken else "name"
    assert kept[changed] != getattr(row, changed)


def test_a_form_sent_unchanged_writes_nothing(staff, kind, issued):
    before = kind.objects.values().get()
    staff.post(f"{URLS[kind]}{issued[0].pk}/change/", form())
    assert kind.objects.values().get() == before


@pytest.mark.slow
@pytest.mark.parametrize("model", URLS, ids=lambda model: model.__name__)
def test_no_form_shows_or_sets_what_names_a_credential(staff, token, model):
    other = ShopFactory()
    row = token if model is CustomerToken else model.issue(other, name="Theme")[0]
    field = "secret_hash" if model is CustomerToken else "key_hash"
    mine = hash_token("chosen by me")
    forged = {
        "key_hash": mine,
        "secret_hash": mine,
        "prefix": "pk_forged",
        "shop": ShopFactory().pk,
        "customer": CustomerFactory().pk,
        "origin": "admin",
        "used_at_0": "2020-01-01",
        "used_at_1": "00:00",
        "revoked_at": "",
    }
    model.objects.update(revoked_at=NOW)
    before = model.objects.values().get(pk=row.pk)
    staff.post(f"{URLS[model]}{row.pk}/change/", forged | fields_of(row))
    after = model.objects.values().get(pk=row.pk)
    changed = {name for name in before if before[name] != after[name]}
    assert changed == {"expires_at" if model is CustomerToken else "name"}
    for path in ("", f"{row.pk}/change/", f"{row.pk}/history/", f"{row.pk}/delete/"):
        assert before[field] not in staff.get(URLS[model] + path).content.decode()
    assert staff.get(f"{URLS[model]}?q={before[field]}").context["cl"].result_count == 0


@pytest.mark.parametrize("model", URLS, ids=lambda model: model.__name__)
def test_none_is_added_by_a_form(staff, model):
    answered = staff.get(f"{URLS[model]}add/")
    assert answered.status_code == 403


# Revoking


@pytest.mark.slow
@pytest.mark.parametrize("model", URLS, ids=lambda model: model.__name__)
def test_revoking_counts_and_logs_what_was_open(staff, token, model, messages_of):
    shop = token.customer.shop
    for name in ("One", "Two"):
        if model is CustomerToken:
            model.issue(token.customer, at=NOW)
        else:
            model.issue(shop, name=name)
    rows = list(model.objects.all())
    model.objects.filter(pk=rows[0].pk).update(revoked_at=NOW - HOUR)
    answered = staff.post(URLS[model], chosen("revoke", *rows), follow=True)
    assert messages_of(answered) == [f"{len(rows) - 1} revoked."]
    times = model.objects.order_by("pk").values_list("pk", "revoked_at")
    assert dict(times) == {row.pk: NOW for row in rows} | {rows[0].pk: NOW - HOUR}
    entries = LogEntry.objects.values_list("object_id", "change_message")
    assert set(entries) == {(str(row.pk), "Revoked") for row in rows[1:]}


def test_the_log_of_a_revoked_token_names_nobody(staff, token):
    staff.post(URLS[CustomerToken], chosen("revoke", token))
    assert LogEntry.objects.get().object_repr == f"customer token {token.pk}"


# The lists


def test_a_key_is_listed_with_what_tells_it_from_others(staff, kind, issued):
    kind.objects.update(used_at=NOW - HOUR, expires_at=NOW + HOUR)
    assert shown_in(staff.get(URLS[kind]).content.decode()) == {
        "name": "Theme",
        "shop": "My store",
        "prefix": issued[0].prefix,
        "is_usable": USABLE,
        "used_at": "1 March 2026, 11:00",
        "expires_at": "1 March 2026, 13:00",
    }


def test_a_token_is_listed_with_its_origin_and_last_use(staff, token):
    CustomerToken.objects.update(used_at=NOW - HOUR)
    assert shown_in(staff.get(URLS[CustomerToken]).content.decode()) == {
        "id": str(token.pk),
        "customer": "Ada Byron",
        "is_usable": USABLE,
        "origin": "Asked for by the shop&#x27;s server",
        "used_at": "1 March 2026, 11:00",
        "expires_at": "31 March 2026, 12:00",
    }


@pytest.mark.parametrize(
    ("model", "words"),
    [
        (StorefrontKey, "Made in the list of shops, with the action “Make a storefront key”."),
        (
            SecretKey,
            "Made in the list of shops, with the action “Make a secret key for your server”.",
        ),
        (CustomerToken, "Made when a customer signs in; by hand in the list of customers."),
    ],
)
def test_a_list_says_where_its_rows_are_made(staff, model, words):
    assert words in staff.get(URLS[model]).content.decode()


def test_the_words_of_the_actions_are_those_the_lists_name(staff):
    ShopFactory()
    page = staff.get("/admin/downloads/shop/").content.decode()
    for words in ("Make a storefront key", "Make a secret key for your server"):
        assert f">{words} (shown once)</option>" in page


@pytest.mark.parametrize(
    ("asked", "found"),
    [("Theme", 1), ("My store", 1), ("prefix", 1), ("other", 0), ("", 1)],
)
def test_a_key_is_found_by_name_shop_and_beginning(staff, kind, issued, asked, found):
    asked = issued[0].prefix if asked == "prefix" else asked
    assert staff.get(URLS[kind], {"q": asked}).context["cl"].result_count == found


@pytest.mark.parametrize(("asked", "found"), [("ada@example.com", 1), ("Byron", 1), ("grace", 0)])
def test_a_token_is_found_by_its_customer(staff, token, asked, found):
    assert staff.get(URLS[CustomerToken], {"q": asked}).context["cl"].result_count == found


@pytest.mark.parametrize(("origin", "found"), [("exchange", 1), ("sign_in", 0)])
def test_tokens_are_told_apart_by_origin(staff, token, origin, found):
    asked = {"origin__exact": origin}
    assert staff.get(URLS[CustomerToken], asked).context["cl"].result_count == found


@pytest.mark.slow
@pytest.mark.parametrize("model", URLS, ids=lambda model: model.__name__)
def test_a_list_asks_the_same_for_one_and_for_many(staff, token, model, django_assert_num_queries):
    def make():
        customer = CustomerFactory(shop=token.customer.shop)
        if model is CustomerToken:
            model.issue(customer, at=NOW)
        else:
            model.issue(customer.shop, name="Theme")

    for _ in range(5):
        make()
        with django_assert_num_queries(6):
            staff.get(URLS[model])
