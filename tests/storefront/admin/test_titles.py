"""What pages and columns are called: the shopkeeper's words, and none of ours."""

import re
from html import unescape

import pytest
from django.contrib import admin
from django.urls import reverse

from tests.factories import AttachmentFactory, GrantFactory, OrderFactory

# What the admin called things before shopkeepers were asked; addresses and forms may have them.
OLD = ("asset", "grant", "platform access", "download event", "account", "revoke", "available")
OLD = re.compile(rf"\b(?:{'|'.join(OLD)})(?:s|d|es)?\b", re.IGNORECASE)
# There they mean other things: a key is revoked, a platform's customers have accounts.
KEPT = {"StorefrontKey", "SecretKey", "CustomerToken", "WebhookSecret", "AuditEntry", "Plan"}
SCREENS = [model for model in admin.site._registry if model.__name__ not in KEPT]


def url_of(model):
    return reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_changelist")


def text_of(html):
    """Return what a page says, without its tags."""
    html = re.sub(r"<(script|style|svg).*?</\1>", "", html, flags=re.DOTALL)
    return unescape(re.sub(r"<[^>]+>", " ", html))


@pytest.mark.slow
def test_every_list_of_the_admin_names_its_cells(staff, marked):
    lists = {}
    for model in admin.site._registry:
        name = f"admin:{model._meta.app_label}_{model._meta.model_name}_changelist"
        html = staff.get(reverse(name)).content.decode()
        table = re.search(r'<table id="result_list">.*?</table>', html, re.DOTALL)
        if table is None:
            continue
        head, body = table[0].split("</thead>")
        columns = [
            unescape(re.sub(r"<[^>]+>|[↑↓×]\d*", "", text)).strip()
            for text in re.findall(r"<th scope=.*?</th>", head, re.DOTALL)
        ]
        row = re.search(r"<tr>.*?</tr>", body, re.DOTALL)[0]
        named = [unescape(label) for label in re.findall(r'data-label="([^"]*)"', row)]
        lists[model._meta.label] = (named, [each for each in columns if each])
    assert len(lists) > 15
    assert {label: named for label, (named, columns) in lists.items() if named != columns} == {}


@pytest.mark.parametrize(
    "model", [each for each in admin.site._registry if each.__name__ not in KEPT]
)
@pytest.mark.django_db
def test_no_old_word_stands_in_a_list(staff, model):
    AttachmentFactory(asset__title="Book")
    GrantFactory(asset__title="Book", order=OrderFactory(number=1050))
    assert OLD.findall(text_of(staff.get(url_of(model)).content.decode())) == []


@pytest.mark.parametrize(
    "model", [each for each in admin.site._registry if each.__name__ not in KEPT]
)
@pytest.mark.django_db
def test_no_old_word_stands_in_a_new_form(staff, model):
    url = reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_add")
    answer = staff.get(url)
    if answer.status_code == 200:
        assert OLD.findall(text_of(answer.content.decode())) == []


@pytest.mark.django_db
@pytest.mark.slow
def test_no_old_word_stands_on_the_pages_of_a_sale(staff):
    grant = GrantFactory(asset__title="Book", order=OrderFactory(number=1050, platform_id=7001))
    attachment = AttachmentFactory(asset__title="Book")
    rows = [grant, grant.order, grant.order.customer, grant.order.shop, grant.asset]
    for row in [*rows, attachment.product]:
        url = reverse(f"admin:{row._meta.app_label}_{row._meta.model_name}_change", args=[row.pk])
        assert (url, OLD.findall(text_of(staff.get(url).content.decode()))) == (url, [])


@pytest.mark.django_db
def test_a_page_is_called_as_its_row_and_a_list_as_in_the_side_bar(staff):
    order = OrderFactory(number=1050)
    page = staff.get(reverse("admin:downloads_order_change", args=[order.pk])).content.decode()
    head = re.search(r"<h1>.*?</h1>", page, re.DOTALL)[0]
    assert " ".join(text_of(head).split()) == "Order 1050"
    assert "<h1>Files and links</h1>" in staff.get("/admin/downloads/asset/").content.decode()


@pytest.mark.django_db
def test_nothing_on_a_page_has_a_style_of_its_own(staff):
    order = GrantFactory().order
    for url in ("/admin/", "/admin/downloads/order/", f"/admin/downloads/order/{order.pk}/change/"):
        page = staff.get(url).content.decode()
        assert re.findall(r"<[^>]+ style=|<style|<script(?![^>]* src=)", page) == []
        sheets = re.findall(r'<link rel="stylesheet" href="([^"]+)"', page)
        assert [each for each in sheets if not each.startswith("/static/")] == []
