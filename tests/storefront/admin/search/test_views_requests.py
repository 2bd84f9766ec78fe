"""The number of a request leads to what staff changed in it."""

import pytest

from downloads.audit.actors import Actor, acting
from downloads.audit.entries import enter_audit
from downloads.models import AuditEntry, Membership
from tests.factories import ShopFactory

SEARCH = "/admin/downloads/order/search/"
ENTRIES = "/admin/downloads/auditentry/"
NUMBER = "6b1f3c0ad4e64e0b9c6f0d2b7a815e93"
HYPHENED = "6b1f3c0a-d4e6-4e0b-9c6f-0d2b7a815e93"


@pytest.fixture
def shop(db):
    return ShopFactory()


def test_what_a_form_changes_has_the_number_of_its_answer(staff, shop):
    sent = {"username": "new", "is_active": "on", "_save": "1"}
    answer = staff.post("/admin/auth/user/add/", sent, headers={"x-request-id": HYPHENED})
    assert answer.status_code == 302
    added = AuditEntry.objects.filter(what="Added", subject_type="auth.user")
    assert added.latest("pk").request_id == NUMBER


@pytest.mark.parametrize("text", [NUMBER, HYPHENED, NUMBER.upper(), f"X-Request-ID: {HYPHENED}"])
def test_it_leads_to_its_entry(staff, shop, text):
    with acting(Actor("clerk", request_id=NUMBER)):
        entry = enter_audit("Did something", row=shop)
    assert staff.post(SEARCH, {"q": text})["Location"] == f"{ENTRIES}{entry.pk}/change/"
    with acting(Actor("clerk", request_id=NUMBER)):
        other = enter_audit("Did more", row=shop)
    found = staff.post(SEARCH, {"q": text})["Location"]
    assert set(staff.get(found).context["cl"].result_list) == {entry, other}


def test_of_another_shop_it_is_answered_like_nothing(clerk, shop):
    reader = clerk("view_auditentry")
    Membership.objects.all().delete()
    with acting(Actor("clerk", request_id=NUMBER)):
        enter_audit("Did something", row=shop)
    answers = [reader.post(SEARCH, {"q": text}) for text in (NUMBER, NUMBER[::-1])]
    assert {each.status_code for each in answers} in ({200}, {403}, {302})
