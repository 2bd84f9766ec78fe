"""A proxy that nobody counted is told: behind it all visitors are one."""

import logging

import pytest
from django.contrib.auth.models import User

from storefront.http import proxies
from storefront.http.proxies import ENOUGH

PUBLIC, PROXY, OTHER = "8.8.8.8", "172.18.0.1", "172.18.0.9"
PAGE = "/links"
WORDS = "Everybody seems to come from {}: that is a proxy of yours which TRUSTED_PROXIES ({}) does"


@pytest.fixture(autouse=True)
def _in_production(settings):
    settings.PRODUCTION, settings.SECURE_SSL_REDIRECT = True, False


@pytest.fixture
def told(caplog):
    """Return a function that says what the log was told of proxies."""
    caplog.set_level(logging.WARNING, logger=proxies.__name__)
    return lambda: [each.message for each in caplog.records if each.name == proxies.__name__]


@pytest.fixture
def visit(client):
    """Return a function that asks for a page so many times, from an address."""

    def ask(times=1, *, address=PROXY, path=PAGE, **headers):
        for _ in range(times):
            client.get(path, headers=headers, REMOTE_ADDR=address)

    return ask


@pytest.mark.slow
@pytest.mark.parametrize(
    ("address", "named"),
    [
        *((each, each) for each in (PROXY, "10.0.0.1", "127.0.0.1", "192.168.1.1")),
        ("fd00:0:0:1::5", "fd00:0:0:1::/64"), ("::ffff:10.0.0.1", "10.0.0.1"), ("", "a local soc"),
    ],
)  # fmt: skip
def test_it_is_told_once_when_all_come_from_one_private_address(visit, told, address, named):
    visit(ENOUGH - 1, address=address)
    assert told() == []
    visit(ENOUGH, address=address)
    [line] = told()
    assert line.startswith(f"Everybody seems to come from {named}")
    assert proxies.seen.words == line


def test_it_is_told_while_every_request_is_sent_to_https_again(visit, told, settings, client):
    settings.SECURE_SSL_REDIRECT = True
    assert client.get(PAGE, REMOTE_ADDR=PROXY).status_code == 301
    visit(ENOUGH)
    assert len(told()) == 1


def test_a_second_address_ends_it(visit, told):
    visit(ENOUGH)
    assert proxies.seen.words.startswith(WORDS.format(PROXY, 0))
    visit(address=OTHER)
    assert proxies.seen.words == ""
    visit(ENOUGH)
    assert (len(told()), proxies.seen.words) == (1, "")


@pytest.mark.slow
@pytest.mark.parametrize("address", [PUBLIC, "2606:4700::1", "no address", "-"])
def test_a_public_address_is_a_visitors(visit, told, address):
    visit(2 * ENOUGH, address=address)
    assert told() == []


@pytest.mark.slow
def test_a_proxy_that_is_counted_is_none_of_the_visitors(visit, told, settings):
    settings.REST_FRAMEWORK = settings.REST_FRAMEWORK | {"NUM_PROXIES": 1}
    settings.TRUSTED_PROXIES = 1
    visit(2 * ENOUGH, X_Forwarded_For=PUBLIC)
    assert told() == []


@pytest.mark.slow
def test_a_second_proxy_that_is_not_counted_is_told(visit, told, settings):
    settings.REST_FRAMEWORK = settings.REST_FRAMEWORK | {"NUM_PROXIES": 1}
    settings.TRUSTED_PROXIES = 1
    visit(ENOUGH, X_Forwarded_For=f"{PUBLIC}, {OTHER}")
    assert [line.startswith(WORDS.format(OTHER, 1)) for line in told()] == [True]


@pytest.mark.slow
def test_on_a_laptop_it_is_told_only_of_what_says_it_is_a_proxy(visit, told, settings):
    settings.PRODUCTION = False
    visit(2 * ENOUGH, address="127.0.0.1")
    assert told() == []
    visit(ENOUGH, X_Forwarded_For=PUBLIC)
    assert len(told()) == 1


@pytest.mark.django_db
def test_probes_are_no_visitors(visit, told):
    visit(2 * ENOUGH, path="/healthz")
    assert told() == []


def test_it_costs_no_query(visit, django_assert_num_queries, db):
    with django_assert_num_queries(0):
        visit(ENOUGH + 1)


@pytest.mark.slow
@pytest.mark.parametrize("is_superuser", [True, False])
def test_the_start_page_tells_who_can_help_it(client, db, visit, is_superuser):
    user = User.objects.create_user("ada", is_staff=True, is_superuser=is_superuser)
    client.force_login(user)
    assert b"TRUSTED_PROXIES" not in client.get("/admin/", REMOTE_ADDR=PROXY).content
    visit(ENOUGH)
    assert (b"TRUSTED_PROXIES" in client.get("/admin/", REMOTE_ADDR=PROXY).content) is is_superuser
