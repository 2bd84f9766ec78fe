"""What a merchant reads of the ledger."""

import html
import re
from datetime import timedelta

import pytest

from downloads import fulfilment
from downloads.models import Asset, DownloadEvent, Grant, Order
from storefront.signed_urls import new_click
from tests.factories import (
    NOW,
    DeliveryFactory,
    EventFactory,
    GrantFactory,
    OrderFactory,
    make_file_grant,
)

URL = "/admin/downloads/downloadevent/"
HOSTILE = "<script>alert(1)</script> \"x\" onload='y' & \u05d3\u05e4\u05d3\u05e4\u05df"
ESCAPED = "&lt;script&gt;alert(1)&lt;/script&gt; &quot;x&quot; onload=&#x27;y&#x27; &amp; "


def page_of(client, row):
    url = f"/admin/downloads/{row._meta.model_name}/{row.pk}/change/"
    return client.get(url).content.decode()


def ledger_in(page):
    """Return the lines of a page's ledger, each as the words of its cells."""
    _, _, ledger = page.partition('id="ledger"')
    rows = re.findall(r"<tr>(.*?)</tr>", ledger.partition("</section>")[0], re.DOTALL)
    cells = [re.findall(r"<td.*?>(.*?)</td>", row, re.DOTALL) for row in rows]
    return [tuple(map(words_in, row)) for row in cells if row]


def words_in(cell):
    return " ".join(html.unescape(re.sub(r"<.*?>", "", cell)).split())


def listed(client, **query):
    """Return what happened, as the list says it."""
    page = client.get(URL, query).content.decode()
    return [words_in(cell) for cell in re.findall(r'<td class="field-what"[^>]*>(.*?)</td>', page)]


def refused_by(grant, reason, **values):
    return EventFactory(grant=grant, kind="refused", reason=reason, **values)


# --- On the order's page -------------------------------------------------------------------------


def test_an_order_tells_what_happened_newest_first(staff, client, frozen):
    frozen(NOW)
    grant = make_file_grant(b"x" * 100_000, limit=1)
    first, late = new_click(grant, at=NOW), new_click(grant, at=NOW)
    for minute, click in enumerate((first, late)):
        frozen(NOW + timedelta(minutes=minute))
        client.get(click.url, headers={"user-agent": "curl/8.5.0"}).getvalue()
    fulfilment.reset(grant, at=NOW + timedelta(hours=1))
    letters = DownloadEvent.objects.filter(kind="refused").get().address_hash[:8]
    book, visitor = grant.asset.title, f"{letters} curl/8.5.0"
    assert ledger_in(page_of(staff, grant.order)) == [
        ("1 March 2026, 13:00", "given back: reset by the shop", book, "–"),
        ("1 March 2026, 12:01", "refused: all downloads used", book, visitor),
        ("1 March 2026, 12:00", "sent 100 KB of 100 KB", book, visitor),
        ("1 March 2026, 12:00", "counted", book, visitor),
    ]


def test_two_visitors_are_told_apart_by_a_few_letters(staff):
    grant = GrantFactory()
    for address_hash in ("ab12cd34" * 8, "ef56ab78" * 8):
        EventFactory(grant=grant, address_hash=address_hash)
    page = page_of(staff, grant.order)
    assert [row[3] for row in ledger_in(page)] == ["ef56ab78", "ab12cd34"]
    assert "ab12cd34ab" not in page


def test_a_long_program_is_short_with_all_of_it_to_point_at(staff):
    program = f"Mozilla/5.0 (Windows NT 10.0; Win64; x64) {'x' * 100}"
    page = page_of(staff, EventFactory(address_hash="ab" * 32, user_agent=program).grant.order)
    short = f"(Windows NT 10.0; Win64; x64) {'x' * 9}…"
    assert f'<bdi title="{program}" class="quiet">{short}</bdi>' in page


@pytest.mark.slow
def test_a_hostile_program_is_words_on_every_page(staff):
    event = EventFactory(address_hash="ab" * 32, user_agent=HOSTILE)
    pages = [page_of(staff, row) for row in (event.grant.order, event.grant, event)]
    pages.append(staff.get(URL).content.decode())
    for page in pages:
        assert "<script>alert" not in page
        assert re.search(rf"<bdi[^>]*>{re.escape('&lt;script&gt;alert(1)&lt;/script&gt;')}", page)
    for page in (pages[0], pages[1], pages[3]):
        assert f'<bdi title="{ESCAPED}' in page


def test_an_order_shows_its_own_lines_alone(staff):
    order = OrderFactory()
    own = [GrantFactory(order=order), GrantFactory(order=order, line=None)]
    for grant in own:
        EventFactory(grant=grant)
    EventFactory()
    titles = [row[2] for row in ledger_in(page_of(staff, order))]
    assert titles == [own[1].asset.title, own[0].asset.title]


def test_an_order_nobody_came_to_says_so(staff):
    page = page_of(staff, OrderFactory())
    assert "<p>Nothing yet.</p>" in page
    assert ledger_in(page) == []
    assert 'id="ledger"' not in staff.get("/admin/downloads/order/add/").content.decode()


@pytest.mark.slow
def test_an_order_shows_fifty_lines_and_leads_to_the_rest(staff):
    grant = GrantFactory()
    EventFactory.create_batch(50, grant=grant)
    assert "Show all" not in page_of(staff, grant.order)
    refused_by(grant, "past", at=NOW - timedelta(days=1))
    EventFactory()
    page = page_of(staff, grant.order)
    assert len(ledger_in(page)) == 50
    assert {row[1] for row in ledger_in(page)} == {"counted"}
    url = f"{URL}?order={grant.order_id}"
    assert f'These are the newest 50. <a href="{url}">Show all</a>' in page
    assert sorted(listed(staff, order=grant.order_id)) == [
        *["counted"] * 50,
        "refused: its time was over",
    ]


@pytest.mark.slow
def test_an_order_asks_the_same_for_one_line_and_for_many(staff, django_assert_num_queries):
    event = EventFactory(kind="served", sent_bytes=1, delivery=DeliveryFactory())
    order = event.grant.order
    page_of(staff, order)  # what the process remembers from then on
    with django_assert_num_queries(28):
        assert len(ledger_in(page_of(staff, order))) == 1
    for delivery in DeliveryFactory.create_batch(9, grant=event.grant, size_bytes=9):
        EventFactory(grant=event.grant, kind="served", sent_bytes=1, delivery=delivery)
    with django_assert_num_queries(28):
        assert len(ledger_in(page_of(staff, order))) == 10


@pytest.mark.slow
def test_behind_nginx_sent_means_asked_for(staff, settings):
    order = EventFactory().grant.order
    note = "“Sent” is what was asked for"
    assert note not in page_of(staff, order)
    settings.FILES_LEAVE_BY = "nginx"
    assert note in page_of(staff, order)


@pytest.mark.slow
def test_a_clerk_without_the_permission_sees_no_lines(clerk):
    grant = EventFactory().grant
    looking = clerk("view_order", "view_grant")
    seeing = clerk("view_order", "view_grant", "view_downloadevent")
    for row in (grant.order, grant):
        assert 'id="ledger"' not in page_of(looking, row)
        assert len(ledger_in(page_of(seeing, row))) == 1
    assert looking.get(URL).status_code == 403
    assert seeing.get(URL).status_code == 200


def test_an_order_with_refusals_alone_is_deleted_with_them(staff):
    order = refused_by(GrantFactory(), "past").grant.order
    url = f"/admin/downloads/order/{order.pk}/delete/"
    assert staff.post(url, {"post": "yes"}).status_code == 302
    assert (Order.objects.count(), DownloadEvent.objects.count()) == (0, 0)


def test_an_asset_with_lines_is_kept_by_its_orders_and_by_no_permission(clerk):
    grant = EventFactory().grant
    url = f"/admin/downloads/asset/{grant.asset_id}/delete/"
    deleting = clerk("view_asset", "delete_asset")
    page = deleting.get(url).content.decode()
    assert "<li>1 order</li><li>1 " in page
    assert "permission" not in page
    deleting.post(url, {"post": "yes"})
    assert (Asset.objects.count(), DownloadEvent.objects.count()) == (1, 1)


# --- On the download's page ----------------------------------------------------------------------


@pytest.mark.slow
def test_a_grant_shows_its_own_lines_and_leads_to_the_rest(staff):
    order = OrderFactory()
    grant, other = GrantFactory(order=order), GrantFactory(order=order)
    EventFactory.create_batch(51, grant=grant, address_hash="ab" * 32)
    refused_by(other, "past")
    page = page_of(staff, grant)
    assert ledger_in(page) == [("1 March 2026, 12:00", "counted", "abababab")] * 50
    assert f'<a href="{URL}?download={grant.pk}">Show all</a>' in page
    assert listed(staff, download=grant.pk) == ["counted"] * 51


@pytest.mark.slow
def test_a_grant_asks_the_same_for_one_line_and_for_many(staff, django_assert_num_queries):
    grant = DeliveryFactory().grant
    EventFactory(grant=grant)
    page_of(staff, grant)  # what the process remembers from then on
    with django_assert_num_queries(7):
        page_of(staff, grant)
    EventFactory.create_batch(9, grant=grant)
    DeliveryFactory.create_batch(9, grant=grant)
    with django_assert_num_queries(7):
        page_of(staff, grant)


# --- The list of all -----------------------------------------------------------------------------


@pytest.mark.slow
@pytest.mark.parametrize("query", ["1050", "Garden at dawn", "ada@example.com"])
def test_lines_are_found_by_number_asset_and_buyer(staff, query):
    grant = GrantFactory(
        order__number=1050,
        order__customer__email="ada@example.com",
        asset__title="Garden at dawn",
    )
    refused_by(grant, "past")
    EventFactory(grant__order__number=10501)
    assert listed(staff, q=query) == ["refused: its time was over"]


def test_lines_are_filtered_by_kind_shop_and_day(staff):
    grant = GrantFactory()
    refused_by(grant, "past")
    EventFactory(grant=grant, at=NOW - timedelta(days=400))
    EventFactory(kind="served", sent_bytes=5)
    assert listed(staff, kind__exact="refused") == ["refused: its time was over"]
    shop = {"grant__order__shop__id__exact": grant.order.shop_id}
    assert listed(staff, **shop) == ["refused: its time was over", "counted"]
    assert listed(staff, at__year=2025) == ["counted"]


def test_a_list_of_one_order_says_which(staff):
    EventFactory()
    event = EventFactory(grant__order__number=1050)
    page = staff.get(URL, {"order": event.grant.order_id}).content.decode()
    assert re.search(r'<li class="selected">\s*<a href="\?order=\d+">Order 1050</a>', page)
    assert "By order" not in staff.get(URL).content.decode()


@pytest.mark.slow
@pytest.mark.parametrize("number", ["0", "999", "x", "-1", "", "9" * 30, "²", "1 OR 1"])
def test_a_list_of_an_order_there_is_not_is_empty(staff, number):
    EventFactory()
    response = staff.get(URL, {"order": number, "download": number})
    assert response.status_code == 200
    assert 'class="field-what"' not in response.content.decode()


def test_the_list_asks_the_same_for_one_and_for_many(staff, django_assert_num_queries):
    served = {"kind": "served", "sent_bytes": 1}
    event = EventFactory(delivery=DeliveryFactory(), **served)
    with django_assert_num_queries(6):
        assert len(listed(staff)) == 1
    for _ in range(5):
        grant = GrantFactory(order__shop=event.grant.order.shop)
        delivery = DeliveryFactory(grant=grant, size_bytes=9)
        EventFactory(grant=grant, delivery=delivery, **served)
    with django_assert_num_queries(6):
        assert len(listed(staff)) == 6


def test_a_line_on_its_own_shows_the_program_in_full(staff):
    event = EventFactory(address_hash="ab" * 32, user_agent="x" * 200)
    page = page_of(staff, event)
    assert f"<bdi>{'x' * 200}</bdi>" in page
    assert "ab" * 5 not in page
    assert f'href="/admin/downloads/grant/{event.grant_id}/change/"' in page


def test_nothing_is_added_changed_or_deleted(staff):
    event = EventFactory()
    before = list(DownloadEvent.objects.values())
    assert staff.get(f"{URL}add/").status_code == 403
    assert staff.post(f"{URL}{event.pk}/change/", {"downloads": 5}).status_code == 403
    assert staff.post(f"{URL}{event.pk}/delete/", {"post": "yes"}).status_code == 403
    selected = {"action": "delete_selected", "_selected_action": event.pk, "post": "yes"}
    staff.post(URL, selected)
    assert 'name="action"' not in staff.get(URL).content.decode()
    assert 'name="_save"' not in page_of(staff, event)
    assert list(DownloadEvent.objects.values()) == before
    assert Grant.objects.get().used == 0
