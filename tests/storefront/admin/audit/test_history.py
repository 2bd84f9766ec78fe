"""The button "History" of a page: the audit trail of that row, for those who may see it."""

import re

import pytest
from django.contrib import admin
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse

from downloads.audit.entries import enter_audit
from downloads.models import AuditEntry, Membership, Shop
from tests.factories import MailFactory, ShopFactory


def history_of(client, row):
    opts = row._meta
    return client.get(reverse(f"admin:{opts.app_label}_{opts.model_name}_history", args=[row.pk]))


def test_it_shows_who_changed_what(staff):
    shop = ShopFactory(name="Before")
    form = staff.get(f"/admin/downloads/shop/{shop.pk}/change/")
    assert f"/admin/downloads/shop/{shop.pk}/history/" in form.content.decode()
    shop.name = "After"
    shop.save()
    page = history_of(staff, shop).content.decode()
    assert re.search(r"<bdi>Before</bdi> → <bdi>After</bdi>", page)


def test_an_act_of_a_list_stands_in_it(staff):
    mail = MailFactory(state="set_aside")
    staff.post(
        "/admin/downloads/mail/", {"action": "send_again", "_selected_action": mail.pk, "index": 0}
    )
    assert "Sent again" in history_of(staff, mail).content.decode()


def test_whoever_may_not_see_the_trail_is_told_so(clerk):
    shop = ShopFactory()
    enter_audit("Did something secret", row=shop)
    page = history_of(clerk("view_shop"), shop)
    assert page.status_code == 200
    assert "shown to managers and owners" in page.content.decode()
    assert "something secret" not in page.content.decode()


def test_of_another_shop_there_is_none(clerk):
    theirs = ShopFactory()
    reader = clerk("view_shop", "view_auditentry")
    Membership.objects.all().delete()
    answer = history_of(reader, theirs)
    assert answer.status_code in {302, 403}


def test_it_has_pages(staff, django_assert_max_num_queries):
    shop = ShopFactory()
    for number in range(120):
        enter_audit(f"Act {number}", row=shop)
    with django_assert_max_num_queries(12):
        page = history_of(staff, shop).content.decode()
    assert "Act 119" in page
    assert "Act 0<" not in page
    assert "Act 0<" in staff.get(f"/admin/downloads/shop/{shop.pk}/history/?p=2").content.decode()


@pytest.mark.slow
@pytest.mark.parametrize("model", admin.site._registry, ids=lambda each: each.__name__)
def test_every_row_has_one(marked, staff, model):
    row = model._base_manager.first()
    assert AuditEntry.objects.exists()
    answer = history_of(staff, row)
    assert answer.status_code == 200
    assert "has no change history" not in answer.content.decode()
    owner = Client()
    owner.force_login(User.objects.get(pk=marked.owner.pk))
    if model is Shop:
        assert f"{marked.name} before" in history_of(owner, row).content.decode()
