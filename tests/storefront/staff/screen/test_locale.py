"""Each person's language and their shop's time, on their screens alone."""

import re

import pytest
from django.conf import settings
from django.contrib.auth.models import User
from django.test import Client
from django.utils import timezone, translation

from downloads.models import Membership, Role
from downloads.models.shops import LANGUAGES
from storefront.models import StaffLanguage
from tests.factories import NOW, OrderFactory, ShopFactory

pytestmark = pytest.mark.django_db

ORDER = "/admin/downloads/order/"


@pytest.fixture
def ada():
    return User.objects.create_superuser("ada")


@pytest.fixture
def client(ada):
    client = Client()
    client.force_login(ada)
    return client


def choose(client, language, **headers):
    return client.post("/admin/language/", {"language": language}, headers=headers)


def test_each_language_of_the_mails_is_offered_by_its_own_name(client):
    page = client.get("/admin/").content.decode()
    assert [f">{name}</option>" in page for _code, name in LANGUAGES] == [True] * 11


@pytest.mark.parametrize("language", [code for code, _name in LANGUAGES])
def test_the_admin_speaks_the_language_that_was_chosen(client, ada, language):
    choose(client, language)
    page = client.get(ORDER).content.decode()
    is_turned = language in {"ar", "he"}
    assert f'<html lang="{language}" dir="{"rtl" if is_turned else "ltr"}"' in page
    assert StaffLanguage.objects.get(user=ada).language == language


def test_it_stays_with_the_person_in_every_browser(client, ada):
    choose(client, "de")
    choose(client, "fr")
    other = Client()
    other.force_login(ada)
    assert '<html lang="fr"' in other.get("/admin/").content.decode()


def test_others_read_their_own(client):
    choose(client, "de")
    other = Client()
    other.force_login(User.objects.create_superuser("grace"))
    assert f'<html lang="{settings.LANGUAGE_CODE}"' in other.get("/admin/").content.decode()


def test_nothing_of_it_stays_behind(client):
    ShopFactory(time_zone="Asia/Tokyo")
    choose(client, "de")
    client.get("/admin/")
    assert (translation.get_language(), timezone.get_current_timezone_name()) == (
        settings.LANGUAGE_CODE,
        settings.TIME_ZONE,
    )
    assert '<html lang="en"' in client.get("/links").content.decode()


@pytest.mark.parametrize("language", ["", "tlh", "de' OR 1=1"])
def test_what_is_no_language_of_ours_changes_nothing(client, language):
    assert choose(client, language).status_code == 302
    assert not StaffLanguage.objects.exists()


@pytest.mark.parametrize(
    ("before", "onward"),
    [
        (
            "http://testserver/admin/downloads/order/?q=1",
            "http://testserver/admin/downloads/order/?q=1",
        ),
        ("https://evil.example/", "/admin/"),
        ("", "/admin/"),
    ],
)
def test_it_leads_back_to_the_page_before_if_that_was_ours(client, before, onward):
    assert choose(client, "de", referer=before)["Location"] == onward


def test_a_link_alone_changes_nothing(client):
    assert client.get("/admin/language/").status_code == 405


def test_the_only_shop_has_its_own_time(client):
    shop = ShopFactory(time_zone="Asia/Tokyo")
    order = OrderFactory(shop=shop, placed_at=NOW, platform_id=7001)
    assert "1 March 2026, 21:00" in client.get(f"{ORDER}{order.pk}/change/").content.decode()


def test_of_several_shops_each_has_its_own(client):
    there = OrderFactory(shop__time_zone="Asia/Tokyo", placed_at=NOW, platform_id=7001)
    here = OrderFactory(placed_at=NOW, platform_id=7002)
    page = client.get(f"{ORDER}{there.pk}/change/").content.decode()
    assert "1 March 2026, 21:00" in page
    assert "1 March 2026, 12:00" in client.get(f"{ORDER}{here.pk}/change/").content.decode()


def test_a_list_of_one_shops_rows_has_its_time(client):
    late = NOW.replace(hour=20)
    shop = OrderFactory(shop__time_zone="Asia/Tokyo", placed_at=late).shop
    ShopFactory()
    assert "2 Mar 2026" in client.get(f"{ORDER}?shop__id__exact={shop.pk}").content.decode()
    assert "1 Mar 2026" in client.get(ORDER).content.decode()


@pytest.mark.slow
def test_a_list_has_the_time_of_no_shop_that_its_reader_does_not_work_for():
    user = User.objects.create_user("bob", is_staff=True)
    own, second = ShopFactory(time_zone="Asia/Kolkata"), ShopFactory()
    for shop in (own, second):
        Membership.objects.create(user=user, shop=shop, role=Role.OWNER)
    other = ShopFactory(time_zone="Asia/Tokyo")
    client = Client()
    client.force_login(user)
    pages = [
        client.get(f"{ORDER}?shop__id__exact={number}", follow=True).content.decode()
        for number in (own.pk, other.pk, other.pk + 1)
    ]
    offsets = [re.search(r'utc-offset="(-?\d+)"', page)[1] for page in pages]
    assert offsets == ["19800", "0", "0"]


@pytest.mark.parametrize("asked", ["", "x", "-1", "9" * 40])
def test_a_number_that_is_none_asks_for_no_zone(client, asked):
    OrderFactory.create_batch(2)
    assert client.get(f"{ORDER}?shop__id__exact={asked}").status_code in {200, 302, 400}


def test_a_zone_that_nobody_knows_any_more_closes_no_page(client):
    ShopFactory(time_zone="Mars/Olympus")
    assert client.get("/admin/").status_code == 200
