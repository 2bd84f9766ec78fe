"""Which language a page is in, how it says so, and how its links keep it."""

import pytest
from bs4 import BeautifulSoup
from django.utils import translation

from downloads.models import Shop
from downloads.models.shops import LANGUAGES
from storefront.brand.marks import brand_of
from storefront.pages.languages import accepted_language, language_of
from storefront.signed_urls import account_url
from tests.factories import NOW, GrantFactory, LinkFactory, OrderFactory, ShopFactory
from tests.storefront.conftest import TOKEN, Page, click_on
from tests.storefront.pages.test_accounts import registered

URL = f"/orders/{TOKEN}"
CODES = [code for code, _name in LANGUAGES]

# What the address asks for, what the browser accepts, the shop's language, ours → the page's.
CHOICES = [
    ("", "", "", "en", "en"),
    ("", "", "", "de-AT", "de"),
    ("", "", "", "zh-hans", "en"),
    ("", "", "pl", "de", "pl"),
    ("", "fr", "pl", "de", "fr"),
    ("ja", "fr", "pl", "de", "ja"),
    ("tlh", "fr", "pl", "de", "fr"),
    ("DE", "fr", "", "en", "fr"),
    ("de'", "", "", "en", "en"),
    ("", "zh-CN,zh;q=0.9", "pl", "en", "pl"),
    ("", "*", "pl", "en", "pl"),
]
ACCEPTED = {
    "de": "de",
    "DE": "de",
    "de-AT": "de",
    "pt-BR,pt;q=0.9": "pt",
    "en-US,en;q=0.9,de;q=0.8": "en",
    "de;q=0.5, ar;q=0.9": "ar",
    "zh-TW, he;q=0.1": "he",
    "iw-IL": "he",
    "de;q=0, fr;q=0.1": "fr",
    "de;q=0": "",
    "*": "",
    "": "",
    "zz": "",
    "de;q=x": "",
    "<script>": "",
    "a" * 10_000: "",
    "é": "",
}


@pytest.mark.parametrize(("asked", "accepted", "of_shop", "ours", "language"), CHOICES)
def test_the_address_goes_before_the_browser_and_that_before_the_shop(
    rf, settings, asked, accepted, of_shop, ours, language
):
    settings.LANGUAGE_CODE = ours
    headers = {"accept-language": accepted} if accepted else {}
    request = rf.get("/", {"lang": asked} if asked else {}, headers=headers)
    assert language_of(request, of_shop) == language


@pytest.mark.parametrize(("header", "language"), ACCEPTED.items())
def test_a_browser_is_spoken_to_in_what_it_likes_best_of_ours(header, language):
    assert accepted_language(header) == language


@pytest.fixture
def order(db):
    order = OrderFactory(token=TOKEN, number=1050, shop__name="my-store", shop__language="de")
    GrantFactory(order=order)
    return order


@pytest.mark.parametrize("language", CODES)
def test_a_page_says_which_language_it_is_in(client, order, language):
    response = client.get(URL, headers={"accept-language": language})
    html = response.content.decode()
    turned = "rtl" if language in ("ar", "he") else "ltr"
    assert f'<html lang="{language}" dir="{turned}">' in html
    assert (response["Content-Language"], response["Vary"]) == (language, "Accept-Language")
    assert translation.get_language() == "en"


def test_who_says_nothing_reads_the_shops_language(client, order):
    assert client.get(URL)["Content-Language"] == "de"
    assert client.post(click_on(order.grants.get()).form_action)["Location"].startswith(
        "/downloads"
    )


def test_a_refusal_is_in_the_language_of_the_click_the_browser_or_the_shop(client, order):
    order.grants.update(withdrawn_at=NOW)
    action = click_on(order.grants.get()).form_action
    assert client.post(action)["Content-Language"] == "de"
    assert client.post(action, headers={"accept-language": "fr"})["Content-Language"] == "fr"
    assert client.post(f"{action}?lang=ja")["Content-Language"] == "ja"


def test_the_switch_is_links_to_the_same_page_and_sets_no_cookie(client, order):
    response = client.get(URL, {"lang": "fr"})
    links = Page(response).languages
    assert [link["lang"] for link in links] == CODES
    assert [link["href"] for link in links] == [f"?lang={code}" for code in CODES]
    assert [link["lang"] for link in links if "aria-current" in link] == ["fr"]
    assert not response.cookies
    assert TOKEN not in response.content.decode()


def test_what_was_asked_for_goes_along_with_every_click(client, order):
    [action] = Page(client.get(URL, {"lang": "he"})).actions
    assert action.endswith("?lang=he")
    answer = client.post(action)
    assert answer.status_code == 303
    assert answer["Location"].endswith("?lang=he")
    assert client.get(answer["Location"]).status_code == 302


def test_a_page_that_is_a_click_has_no_links_to_itself(client, order):
    order.grants.update(withdrawn_at=NOW)
    click = click_on(order.grants.get())
    headers = {"accept": "text/html"}
    for response in (client.get(click.url, headers=headers), client.post(click.form_action)):
        assert response.status_code == 410
        assert Page(response).languages == []


def test_the_links_page_keeps_its_shop_and_its_language(client, db):
    shop = ShopFactory(support="help@my-store.example", language="pl")
    mark = brand_of(shop).mark
    assert client.get("/links", {"shop": mark})["Content-Language"] == "pl"
    page = Page(client.get("/links", {"shop": mark, "lang": "it", "other": "x"}))
    assert all("shop=" in link["href"] and "other" not in link["href"] for link in page.languages)
    assert page.actions[0].startswith("/links?shop=")
    assert page.actions[0].endswith("&lang=it")


def test_a_password_that_is_refused_is_told_in_the_readers_language(client, db):
    account = registered("ada@example.com")
    url = account_url(account, at=NOW)
    entered = {"password": "short", "again": "short"}
    told = set()
    for language in ("en", "de", "he"):
        response = client.post(url, entered, headers={"accept-language": language})
        assert (response.status_code, response["Content-Language"]) == (400, language)
        told |= set(Page(response).texts["notice"])
    assert len(told) == 3


@pytest.mark.parametrize(("title", "is_ours"), [(None, True), ("Meine Dateien", False)])
def test_the_shops_own_words_stay_and_say_their_language(client, order, title, is_ours):
    if title:
        Shop.objects.update(page_title=title)
    Shop.objects.update(page_text="Viel Freude!")
    page = BeautifulSoup(client.get(URL, {"lang": "fr"}).content, "html.parser")
    assert page.h1.get("lang") == (None if is_ours else "de")
    assert (page.h1.get_text() == "Meine Dateien") == (not is_ours)
    assert page.select_one(".text").get("lang") == "de"
    own = BeautifulSoup(client.get(URL, {"lang": "de"}).content, "html.parser")
    assert [own.h1.get("lang"), own.select_one(".text").get("lang")] == [None, None]


def test_a_time_is_for_machines_and_for_people_and_its_script_is_ours(client, order):
    assert "<script" not in client.get(URL).content.decode()
    GrantFactory(order=order, asset=LinkFactory(shop=order.shop), expires_at=NOW)
    order.grants.update(expires_at=NOW.replace(day=5, hour=23, minute=45))
    response = client.get(URL, {"lang": "fr"})
    page = BeautifulSoup(response.content, "html.parser")
    assert {time["datetime"] for time in page.select("time")} == {"2026-03-05T23:45:00+00:00"}
    assert {time.get_text() for time in page.select("time")} == {"5 mars 2026 à 23:45 UTC"}
    [script] = page.select("script")
    assert script.attrs == {"type": "module", "src": "/static/storefront/local-times.js"}
    assert "unsafe" not in response["Content-Security-Policy"]


@pytest.mark.parametrize("language", ["en", "de", "ar"])
def test_programs_are_told_what_people_read_in_the_callers_language(client, order, language):
    """Where no document has settled the words; the codes stay."""
    order.grants.update(withdrawn_at=NOW)
    headers = {"accept-language": language}
    of_click = client.get(click_on(order.grants.get()).url, headers=headers)
    missing = client.get("/api/v2/customer-account-orders", headers=headers)
    assert of_click.json()["error"] == "withdrawn"
    for answer in (of_click, missing):
        assert answer["Content-Language"] == language
        assert answer["Vary"] == "Origin, Accept, Accept-Language"
    words = {"en": "The shop has withdrawn this download."}
    with translation.override(language):
        assert of_click.json()["message"] == translation.gettext(words["en"])
        assert missing.json() == {"message": translation.gettext("No order matches this link.")}


def test_face_a_has_our_heading_in_the_callers_language_and_the_shops_own_as_it_is(client, order):
    def title(language):
        answer = client.get(
            "/api/v2/customer-account-orders",
            {"id": TOKEN},
            headers={"accept-language": language} if language else {},
        )
        return answer.json()["order"]["text"]["title"]

    with translation.override("fr"):
        ours = translation.gettext("Download files for your orders")
    assert title("fr") == ours
    assert title("en") == "Download files for your orders"
    Shop.objects.update(page_title="Meine Dateien")
    assert title("fr") == title("") == "Meine Dateien"
