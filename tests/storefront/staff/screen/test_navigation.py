"""The side bar: the lists in the order of use, those alone that the reader may see."""

import re
from html import unescape

import pytest
from django.contrib.auth.models import User
from django.test import Client

from downloads.models import Membership, Message, Role
from tests.factories import MessageFactory, ShopFactory

pytestmark = pytest.mark.django_db

SUPPORT = ["Start", "Orders", "Files and links", "Products", "Customers", "Activity"]
SUPPORT += ["Mail", "From your shop", "Settings"]
MANAGER = [*SUPPORT, "Audit trail"]
OWNER = [*SUPPORT[:-1], "Connections", "Settings", "Staff", "Audit trail"]


def client_of(user):
    client = Client()
    client.force_login(user)
    return client


@pytest.fixture
def member():
    """Return a function that signs in somebody with a role in a shop."""

    def sign_in(role, shop=None):
        user = User.objects.create_user(f"{role} {shop}", is_staff=True)
        Membership.objects.create(user=user, shop=shop or ShopFactory(), role=role)
        return client_of(user)

    return sign_in


def side_of(client, url="/admin/"):
    """Return the words and the marks of the side bar's links, and those below them."""
    html = client.get(url).content.decode()
    side = re.search(r'<nav id="side".*?(<ul>.*?)</nav>', html, re.DOTALL)[1]
    return re.findall(r'<a href="(/admin/[^"]*)"([^>]*)>([^<]*)(?:<|\Z)', side)


def words_of(client, url="/admin/"):
    return [unescape(words).strip() for _url, _mark, words in side_of(client, url)]


@pytest.mark.parametrize(
    ("role", "seen"), [(Role.SUPPORT, SUPPORT), (Role.MANAGER, MANAGER), (Role.OWNER, OWNER)]
)
def test_each_role_sees_its_lists_in_the_order_of_use(member, role, seen):
    assert words_of(member(role)) == seen


@pytest.mark.parametrize("role", Role.values)
@pytest.mark.slow
def test_every_link_of_the_side_bar_opens(member, role):
    client = member(role)
    links = {url for url, _mark, _words in side_of(client)}
    links |= {url for link in links for url, _mark, _words in side_of(client, link)}
    assert {url: client.get(url).status_code for url in links} == dict.fromkeys(links, 200)


def test_the_lists_of_a_kind_show_below_it_while_one_is_looked_at(member):
    client = member(Role.SUPPORT)
    assert "Downloads" not in words_of(client)
    assert "Downloads" in words_of(client, "/admin/downloads/order/")
    marks = {words: mark for _url, mark, words in side_of(client, "/admin/downloads/grant/")}
    assert 'aria-current="page"' in marks["Downloads"]


def test_where_one_is_is_told(member):
    marks = [mark for _url, mark, _words in side_of(member(Role.SUPPORT))]
    assert marks == [' aria-current="page"', *[""] * 8]


def test_a_badge_counts_what_waits_in_the_readers_own_shops(member):
    shop, other = ShopFactory(), ShopFactory()
    MessageFactory.create_batch(2, shop=shop, state=Message.State.SET_ASIDE)
    MessageFactory(shop=other, state=Message.State.SET_ASIDE)
    html = member(Role.SUPPORT, shop).get("/admin/").content.decode()
    assert re.findall(r'<span class="badge">(\d+)<', html) == ["2"]


def test_who_works_for_one_shop_reads_its_name(member):
    shop = ShopFactory(name="Sounds of Ada")
    assert "Sounds of Ada" in words_beside_logo(member(Role.SUPPORT, shop))
    ShopFactory()
    boss = client_of(User.objects.create_superuser("boss"))
    assert words_beside_logo(boss) == "Digital downloads"


def words_beside_logo(client):
    html = client.get("/admin/").content.decode()
    name = re.search(r'<div id="site-name">(.*?)</div>', html, re.DOTALL)[1]
    return re.sub(r"<[^>]+>", "", name).strip()


def test_whoever_has_not_come_in_sees_none():
    assert 'id="side"' not in Client().get("/admin/login/").content.decode()
