"""`manage.py storefront_keys`: the keys of storefronts, for whoever has a terminal."""

from datetime import timedelta
from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from storefront.authentication import storefront_key
from storefront.http.errors import KeyRefused
from storefront.management.commands.storefront_keys import Command
from storefront.models import SecretKey, StorefrontKey
from tests.factories import NOW, ShopFactory

HOUR = timedelta(hours=1)
NONE_YET = "There are no keys yet. Make one: storefront_keys make --help\n"


def run(*words):
    out = StringIO()
    call_command("storefront_keys", *words, stdout=out)
    return out.getvalue()


def complaint(*words):
    with pytest.raises(CommandError) as error:
        run(*words)
    return str(error.value)


@pytest.fixture
def shop(db):
    return ShopFactory(domain="my-store.example")


@pytest.fixture
def issued(shop):
    """A key's row and the key itself."""
    return StorefrontKey.issue(shop, name="Theme", rate_per_minute=60)


@pytest.fixture
def two(shop):
    """Two keys that begin alike but for the case of one letter, and a third."""
    for beginning in ("aaaaaa", "aaaaaA", "bbbbbb"):
        StorefrontKey.issue(shop, name=beginning, key=f"pk_storefront_{beginning}{'x' * 40}")


# list


@pytest.mark.parametrize("words", [(), ("list",)], ids=["nothing", "list"])
def test_without_keys_the_list_says_how_to_make_one(db, words):
    assert run(*words) == NONE_YET


def test_the_list_tells_what_each_key_may_and_did(issued, shop):
    row, _key = issued
    used, ends, ended, revoked = (
        StorefrontKey.issue(ShopFactory(domain=f"{place}.example"), name=f"Key {place}")[0]
        for place in range(1, 5)
    )
    for key, facts in (
        (used, {"used_at": NOW}),
        (ends, {"expires_at": NOW + HOUR}),
        (ended, {"expires_at": NOW}),
        (revoked, {"revoked_at": NOW, "used_at": NOW}),
    ):
        StorefrontKey.objects.filter(pk=key.pk).update(**facts)
    rate = "600 a minute"
    assert run("list") == (
        f"{used.prefix}…  1.example  Key 1  {rate}, has no end, last used 2026-03-01 12:00 UTC\n"
        f"{ends.prefix}…  2.example  Key 2  {rate}, ends on 2026-03-01 13:00 UTC, never used\n"
        f"{ended.prefix}…  3.example  Key 3  {rate}, ended on 2026-03-01 12:00 UTC, never used\n"
        f"{revoked.prefix}…  4.example  Key 4  revoked on 2026-03-01 12:00 UTC\n"
        f"{row.prefix}…  my-store.example  Theme  60 a minute, has no end, never used\n"
    )


def test_times_are_in_utc_wherever_the_shop_is(issued, settings):
    settings.TIME_ZONE = "Asia/Tokyo"
    StorefrontKey.objects.update(used_at=NOW)
    assert "last used 2026-03-01 12:00 UTC\n" in run("list")
    assert run("rotate", issued[0].prefix).endswith("ends on 2026-03-02 12:00 UTC.\n")


def test_the_list_can_be_of_one_shop(issued):
    other = ShopFactory()
    assert run("list", "--shop", other.domain) == NONE_YET
    assert run("list", "--shop", " My-Store.example ") == run("list")
    assert run("list").count("\n") == 1


def test_the_list_shows_neither_a_key_nor_a_hash_nor_a_servers_key(issued, shop):
    row, key = issued
    secret, _key = SecretKey.issue(shop, name="Server")
    told = run("list")
    assert [text for text in (key, row.key_hash, secret.prefix, "Server") if text in told] == []


def test_the_list_asks_the_same_for_one_and_for_many(issued, shop, django_assert_num_queries):
    with django_assert_num_queries(1):
        run("list")
    StorefrontKey.issue(ShopFactory(), name="Another")
    with django_assert_num_queries(1):
        run("list")


# make


def test_a_key_is_made_shown_once_and_works(shop):
    told = run("make", "--shop", "my-store.example", "--name", "Theme")
    row = StorefrontKey.objects.get()
    key = told.partition("\n")[0]
    assert told == f"{key}\nThis is the key Theme ({row.prefix}…). It is not shown again.\n"
    assert storefront_key(key, at=NOW).shop == shop
    assert (row.rate_per_minute, row.allowed_origins, row.expires_at) == (600, "", None)


def test_a_key_is_made_with_its_bounds(shop, settings):
    words = ["make", "--shop", "my-store.example", "--name", "Theme", "--rate", "9"]
    run(*words, "--origin", "https://a.example", "--origin", "http://localhost:3000")
    row = StorefrontKey.objects.get()
    assert row.rate_per_minute == 9
    assert row.allowed_origins == "https://a.example\nhttp://localhost:3000"
    assert row.allows("http://localhost:3000")
    assert not row.allows("https://b.example")


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--rate", "0"], "--rate: Ensure this value is greater than or equal to 1."),
        (["--rate", "-5"], "--rate: Ensure this value is greater than or equal to 1."),
        (
            ["--origin", "https://a.example/"],
            '--origin: "https://a.example/" is no origin. Enter one a line, in lower case, like '
            "https://shop.example.",
        ),
        (
            ["--origin", "https://a.example", "--origin", "https://[::1"],
            '--origin: "https://[::1" is no origin. Enter one a line, in lower case, like '
            "https://shop.example.",
        ),
        (["--name", ""], "--name: This field cannot be blank."),
        (
            ["--name", "x" * 101],
            "--name: Ensure this value has at most 100 characters (it has 101).",
        ),
        (["--rate", "x"], "Error: argument --rate: invalid int value: 'x'"),
        (
            ["--shop", "other.example"],
            'There is no shop "other.example". Known shops: my-store.example.',
        ),
    ],
    ids=str,
)
def test_what_no_key_may_be_is_refused_by_its_option(shop, words, said):
    given = ["--shop", "my-store.example", "--name", "Theme", *words]
    assert complaint("make", *given) == said
    assert not StorefrontKey.objects.exists()


def test_several_faults_are_named_at_once(shop):
    given = ["--shop", "my-store.example", "--name", "", "--rate", "0"]
    assert complaint("make", *given) == (
        "--name: This field cannot be blank. "
        "--rate: Ensure this value is greater than or equal to 1."
    )


def test_a_rate_no_database_keeps_is_refused(shop):
    given = ["--shop", "my-store.example", "--name", "Theme", "--rate", str(10**30)]
    assert complaint("make", *given).startswith("--rate: Ensure this value is less than or equal")


# rotate


def test_a_successor_is_shown_with_the_end_of_the_earlier_key(issued):
    row, key = issued
    told = run("rotate", row.prefix)
    successor = StorefrontKey.objects.exclude(pk=row.pk).get()
    fresh = told.partition("\n")[0]
    assert told == (
        f"{fresh}\n"
        f"This is the key Theme ({successor.prefix}…). It is not shown again.\n"
        "The earlier key ends on 2026-03-02 12:00 UTC.\n"
    )
    assert storefront_key(fresh, at=NOW) == successor
    assert storefront_key(key, at=NOW + 23 * HOUR) == row
    assert successor.rate_per_minute == 60


@pytest.mark.parametrize(("hours", "end"), [(0, "03-01 12:00"), (36, "03-03 00:00")])
def test_the_grace_can_be_said(issued, hours, end):
    row, key = issued
    told = run("rotate", row.prefix, "--grace-hours", str(hours))
    assert told.endswith(f"The earlier key ends on 2026-{end} UTC.\n")
    with pytest.raises(KeyRefused):
        storefront_key(key, at=NOW + hours * HOUR)


@pytest.mark.parametrize("hours", ["-1", "8761", "99999999999999"])
def test_a_grace_past_reason_is_refused(issued, hours):
    assert complaint("rotate", issued[0].prefix, "--grace-hours", hours) == (
        "--grace-hours: enter 0 to 8760."
    )
    assert StorefrontKey.objects.get().expires_at is None


def test_the_grace_is_the_settings(issued, settings):
    settings.KEY_GRACE_HOURS = 1
    told = run("rotate", issued[0].prefix)
    assert told.endswith("The earlier key ends on 2026-03-01 13:00 UTC.\n")


# revoke


def test_a_revoked_key_is_refused_from_then_on(issued):
    row, key = issued
    assert run("revoke", row.prefix) == f"Theme ({row.prefix}…) is refused from now on.\n"
    with pytest.raises(KeyRefused):
        storefront_key(key, at=NOW)
    assert StorefrontKey.objects.get().revoked_at == NOW


@pytest.mark.parametrize(
    "name",
    [lambda key: key, lambda key: key[:18], lambda key: f"{key[:20]}…"],
    ids=["whole", "beginning", "as listed"],
)
def test_a_key_is_named_by_its_beginning_or_whole(issued, name):
    run("revoke", name(issued[1]))
    assert StorefrontKey.objects.get().revoked_at == NOW


@pytest.mark.parametrize("verb", ["rotate", "revoke"])
@pytest.mark.parametrize(
    ("beginning", "said"),
    [
        ("pk_storefront_zzz", "pk_storefront_zzz"),
        ("aaaaaa", "aaaaaa"),
        ("pk_storefront_BBBBBB", "pk_storefront_BBBBBB"),
        ("pk%", "pk%"),
        ("", ""),
        ("…", ""),
        ("pk_storefront_ccccccSECRET", "pk_storefront_cccccc"),
    ],
)
def test_a_beginning_of_no_key_is_named(two, verb, beginning, said):
    assert complaint(verb, beginning) == (
        f'No usable key begins with "{said}". `storefront_keys list` shows how each begins.'
    )


@pytest.mark.parametrize("verb", ["rotate", "revoke"])
def test_a_beginning_of_two_keys_names_both(two, verb):
    shared = "pk_storefront_aaaaa"
    before = list(StorefrontKey.objects.values())
    assert complaint(verb, shared) == (
        f'2 usable keys begin with "{shared}": {shared}A… (my-store.example), {shared}a… '
        "(my-store.example). Give more of it."
    )
    assert list(StorefrontKey.objects.values()) == before


def test_upper_and_lower_case_tell_keys_apart(two):
    run("revoke", "pk_storefront_aaaaaA")
    revoked = StorefrontKey.objects.filter(revoked_at=NOW)
    assert [row.name for row in revoked] == ["aaaaaA"]


@pytest.mark.parametrize("end", [{"revoked_at": NOW}, {"expires_at": NOW}], ids=str)
def test_an_ended_key_has_no_successor_and_is_not_revoked_again(issued, end):
    StorefrontKey.objects.update(**end)
    for verb in ("rotate", "revoke"):
        assert complaint(verb, issued[0].prefix).startswith("No usable key begins with ")
    assert StorefrontKey.objects.count() == 1


def test_a_servers_key_is_none_of_these(shop):
    row, _key = SecretKey.issue(shop, name="Server")
    assert complaint("revoke", row.prefix).startswith("No usable key begins with ")


# --help


def test_the_help_names_every_verb_and_every_option(settings):
    parser = Command().create_parser("manage.py", "storefront_keys")
    told = " ".join(parser.format_help().split())
    assert "List, make, rotate and revoke the keys that storefronts send." in told
    for verb, words in {
        "list": "all keys, or those of one shop",
        "make": "a new key for a shop",
        "rotate": "a successor; the earlier key ends soon",
        "revoke": "refuse a key from the next request on",
    }.items():
        assert f"{verb} {words}" in told


@pytest.mark.parametrize(
    ("verb", "words"),
    [
        ("list", ["--shop SHOP the shop's domain"]),
        (
            "make",
            [
                "--shop SHOP the shop's domain",
                "--name NAME where the key is used",
                "--rate RATE requests a minute",
                "--origin ORIGIN a site that may use it; repeat for more",
            ],
        ),
        (
            "rotate",
            [
                "key how the key begins, as `list` shows it",
                "--grace-hours GRACE_HOURS how long the earlier key goes on (24)",
            ],
        ),
        ("revoke", ["key how the key begins, as `list` shows it"]),
    ],
)
def test_each_verb_has_a_help_of_its_own(capsys, verb, words):
    with pytest.raises(SystemExit):
        Command().create_parser("manage.py", "storefront_keys").parse_args([verb, "--help"])
    told = " ".join(capsys.readouterr().out.split())
    assert [each for each in words if each not in told] == []


@pytest.mark.parametrize("words", [["make"], ["rotate"], ["revoke"], ["forget"]], ids=str)
def test_what_is_missing_is_named(db, words):
    assert complaint(*words).startswith("Error: ")
