"""Who no longer works for a shop, or does less there, notices at the very next request."""

import pytest
from django.contrib import admin
from django.contrib.admin.models import CHANGE, LogEntry
from django.contrib.contenttypes.models import ContentType
from django.urls import reverse

from downloads.models import Membership, Order, Role
from tests.invariants.isolation.asking import answer_of
from tests.invariants.isolation.routes import routes, rows_of
from tests.invariants.isolation.test_acts import changelist
from tests.invariants.isolation.test_pages import leaks_of


@pytest.fixture
def employed(sign_in, theirs):
    """A person of ours who owned the other shop until now, has worked there, and is signed in."""
    staff = sign_in("owner")
    staff.member = Membership.objects.create(shop=theirs.shop, user=staff.user, role=Role.OWNER)
    for model in (each for each in theirs.rows if each in admin.site._registry):
        LogEntry.objects.create(
            user=staff.user,
            content_type=ContentType.objects.get_for_model(model),
            object_id=str(theirs.rows[model][0].pk),
            object_repr=f"{theirs.name} logged",
            action_flag=CHANGE,
            change_message=f"{theirs.name} changed",
        )
    assert leaks_of(staff.get(changelist(Order)).content.decode(), theirs)
    return staff


def pages(owner):
    for route in routes():
        if not route.is_of_row:
            yield route.url()
        for row in rows_of(owner, route.model)[:1] if route.is_of_row else ():
            yield route.url(row.pk)


def test_a_member_who_was_removed_sees_nothing_more(theirs, employed):
    employed.member.delete()
    told = {}
    for url in pages(theirs):
        key = url.rstrip("/").split("/")[-2]
        if leaks := leaks_of(answer_of(employed.get(url, follow=True), key).text, theirs):
            told[url] = leaks
    assert told == {}


def test_a_member_who_is_made_support_has_the_keys_no_more(theirs, employed):
    Membership.objects.filter(user=employed.user).update(role=Role.SUPPORT)
    for name in ("storefrontkey", "secretkey", "webhooksecret", "platformaccess", "customertoken"):
        assert employed.get(f"/admin/storefront/{name}/").status_code == 403
    assert employed.get(changelist(Order)).status_code == 200
    url = reverse("admin:downloads_order_delete", args=[theirs.rows[Order][1].pk])
    assert employed.post(url, {"post": "yes"}).status_code == 403


@pytest.mark.parametrize("bereft", ["is_staff", "is_active"])
def test_who_is_no_staff_any_more_is_shown_the_door(employed, bereft):
    setattr(employed.user, bereft, False)
    employed.user.save()
    response = employed.get(changelist(Order))
    assert (response.status_code, response["Location"][:13]) == (302, "/admin/login/")
