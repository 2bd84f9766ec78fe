"""Every action of every list, chosen and sent as it was rendered, with what it asks in between."""

import pytest
from django.contrib import admin
from django.contrib.auth.models import User
from django.db import transaction

from downloads import fulfilment
from downloads.models import (
    Account,
    Asset,
    AttachmentRule,
    Customer,
    DataRequest,
    Grant,
    Invitation,
    Mail,
    Membership,
    Message,
    Order,
    Product,
    Shop,
)
from storefront.models import (
    CustomerToken,
    PlatformAccess,
    SecretKey,
    StorefrontKey,
    WebhookSecret,
)
from tests.factories import NOW
from tests.storefront.admin.rendered import Answer, address, sign_in

REVOKED = "1 revoked."
DELETED = "Successfully deleted 1 "
# What each action of each list comes to, by the beginning of what is said: in a note, or as the
# heading of a page of its own.
ACTIONS = {
    Account: {
        "delete_selected": DELETED,
        "mail_password_link": "1 to be mailed a link to choose a password",
        "make_password_link": "A link for ",
    },
    Asset: {
        "delete_selected": DELETED,
        "restore": "1 restored.",
        "withdraw": "1 withdrawn; nobody can download it",
    },
    AttachmentRule: {"delete_selected": DELETED},
    Customer: {
        "delete_selected": DELETED,
        "erase": "1 erased. Their orders and counts stay.",
        "export": "(a file)",
        "make_customer_token": "Customer token of ",
    },
    CustomerToken: {"delete_selected": DELETED, "revoke": REVOKED},
    DataRequest: {"mark_as_answered": "1 marked as answered."},
    Grant: {
        "extend": "1 downloads extended by 2 days.",
        "raise_limit": "1 downloads raised by 2.",
        "reset": "1 downloads reset to zero.",
        "restore": "1 downloads restored.",
        "revoke": "1 downloads withdrawn.",
    },
    Invitation: {"delete_selected": DELETED},
    Mail: {"send_again": "1 to be sent again; look here in a moment."},
    Membership: {"delete_selected": DELETED},
    Message: {"try_again": "1 to be tried again; look here in a moment."},
    Order: {
        "delete_selected": "Cannot delete order",  # somebody has downloaded from it
        "end_page_links": "The page links of 1 orders have ended.",
        "release": "1 released.",
        "send_mail": "1 to be told by mail; look under Mail in a moment.",
    },
    PlatformAccess: {"delete_selected": DELETED, "reconcile": "Aqzalpha: "},
    Product: {
        "apply_limits": "1 earlier downloads now have the new limit.",
        "attach_file": "“Alone” was attached to 1 product.",
        "delete_selected": "Cannot delete product",
    },
    SecretKey: {"delete_selected": DELETED, "revoke": REVOKED, "rotate": "Successor of "},
    Shop: {
        "apply_policies": "Aqzalpha: its 2 orders are being brought in line",
        "delete_selected": "Cannot delete shop",
        "make_secret_key": "Secret key of ",
        "make_storefront_key": "Storefront key of ",
    },
    StorefrontKey: {"delete_selected": DELETED, "revoke": REVOKED, "rotate": "Successor of "},
    User: {
        "delete_selected": DELETED,
        "end_all_sessions": "None of them is signed in anywhere.",
        "mail_password_link": "A link is on its way to ",
        "make_password_link": "Link for ",
        "remove_second_factor": "Nobody of them has a second factor.",
        "unlock": "Nobody of them was locked out.",
    },
    WebhookSecret: {"delete_selected": DELETED, "revoke": REVOKED},
}
# What an action wants its row to be like.
WANTED = {
    (Asset, "withdraw"): {"withdrawn_at": None},
    (Asset, "restore"): {"withdrawn_at": NOW},
    (Grant, "extend"): {"expires_at": NOW},
    (Grant, "restore"): {"withdrawn_at": NOW},
    (Order, "release"): {"hold": "risk"},
    (User, "mail_password_link"): {"email": "owner@example.com"},
}


@pytest.fixture
def rows(marked, frozen):
    """The marked shop's rows, with one order that is open, held by nothing and has its grant."""
    frozen(NOW)
    order = marked.rows[Order][0]
    Order.objects.filter(pk=order.pk).update(
        cancelled_at=None, fully_refunded=False, reported_payment="", payment="paid", hold=""
    )
    rows = {model: found[0] for model, found in marked.rows.items()}
    for told in (marked.rows[model] for model in (Message, Mail)):
        told[0].state = type(told[0]).State.SET_ASIDE
        told[0].save()
    # Not in the way of deleting it, nor held by what the example reports of it.
    rows[Asset] = fulfilment.store_link(
        Asset(shop=marked.shop, title="Alone", link="https://a.example/b"), size_bytes=None
    )
    Grant.objects.update(
        limit=3, bought=3, used=0, canceled=0, refunded=False, withdrawn_at=None, expires_at=None
    )
    return rows


def choose(form, action, row):
    """Tick a row in its list, choose an action and send both; answer what is asked in between."""
    for box in form.fields["_selected_action"]:
        box.checked = box._value == str(row.pk)
    form["action"] = action
    if "amount" in form.fields:
        form["amount"] = "2"
    answer = form.submit("index")
    if answer.status_int != 200 or answer.content_type != "text/html":
        return answer
    asked = [form for form in answer.forms.values() if "_selected_action" in form.fields]
    if not asked:
        return answer
    if "asset" in asked[0].fields:
        asked[0]["asset"].select(text="Alone")
    return asked[0].submit()


def outcome(answer):
    if answer.content_type != "text/html":
        return "(a file)"
    told = Answer(answer)
    return " ".join(told.notes) or told.page.html.select("#content h1")[0].get_text()


def offered(form):
    if form is None or "action" not in form.fields:
        return set()
    return {value for value, _, _ in form["action"].options} - {""}


@pytest.mark.slow
def test_every_action_of_every_list(django_app, marked, rows):
    sign_in(django_app, "superuser", marked.shop)
    told, expected = {}, {}
    for model in admin.site._registry:
        acts = ACTIONS.get(model, {})
        form = django_app.get(address(model, "changelist")).forms.get("changelist-form")
        if model in rows or model is User:
            assert offered(form) == set(acts), f"Say in ACTIONS what {model} does."
        for action, words in acts.items():
            with transaction.atomic():
                row = rows[model] if model is not User else marked.owner
                model._default_manager.filter(pk=row.pk).update(**WANTED.get((model, action), {}))
                said = outcome(choose(form, action, row))
                told[model, action], expected[model, action] = said[: len(words)], words
                if said[: len(words)] != words:
                    told[model, action] = said
                transaction.set_rollback(True)
    assert told == expected
