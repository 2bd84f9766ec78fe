"""An act that opens nothing says so, with what holds the download shut and what would open it."""

from datetime import timedelta

import pytest
from django.contrib.messages import get_messages

from downloads import fulfilment
from downloads.errors import Unavailable
from downloads.models import Attachment, Grant, Mail, Order, Shop
from storefront.admin.closures import CAUSES, causes_text, why_order_is_closed
from tests.factories import (
    NOW,
    GrantFactory,
    LineFactory,
    LinkFactory,
    MailFactory,
    OrderFactory,
    ProductFactory,
    RiskFactory,
)

DAY = timedelta(days=1)
REPORTED = {"order__platform_id": 7001}
PAY = "Set the payment on the order’s page to “Paid”."
REFUND = (
    "It opens once your shop takes the refund back; or make an order by hand and attach the file "
    "or link to that."
)
# What each state is made of, how the list shows it, and what is said of it.
STATES = {
    "open": ({}, "", ""),
    "unpaid": (
        {"order__payment": "pending"},
        "waiting for payment",
        f"the order is not paid yet. {PAY}",
    ),
    "unpaid, reported": (
        {"order__payment": "pending"} | REPORTED,
        "waiting for payment",
        "the order is not paid yet. It opens by itself once your shop reports the payment.",
    ),
    "held": (
        {"is_risky": True} | REPORTED,
        "held",
        "the order is held. Release it on the order’s page, or wait until your shop has checked "
        "the payment.",
    ),
    "cancelled": (
        {"order__cancelled_at": NOW},
        "cancelled",
        "the order was cancelled. Empty “Cancelled on” on the order’s page.",
    ),
    "cancelled, reported": (
        {"order__cancelled_at": NOW} | REPORTED,
        "cancelled",
        "the order was cancelled. It opens once your shop takes that back; or make an order by "
        "hand and attach the file or link to that.",
    ),
    "money back": (
        {"order__payment": "refunded"},
        "refunded",
        f"the order was refunded. {PAY}",
    ),
    "money back, reported": (
        {"order__payment": "refunded"} | REPORTED,
        "refunded",
        f"the order was refunded. {REFUND}",
    ),
    "all units back": (
        {"line__current_quantity": 0},
        "refunded",
        "the purchase was refunded. Raise the units kept on the order’s line.",
    ),
    "these units back": (
        {"line__current_quantity": 0, "has_more": True},
        "refunded",
        "the purchase was refunded. Raise the units kept on the order’s line.",
    ),
    "these units back, reported": (
        {"line__current_quantity": 0, "has_more": True} | REPORTED,
        "refunded",
        f"the purchase was refunded. {REFUND}",
    ),
    "revoked": (
        {"withdrawn_at": NOW},
        "withdrawn",
        "it was withdrawn from this order. Press “Restore” on the order’s page.",
    ),
    "withdrawn": (
        {"asset__withdrawn_at": NOW},
        "withdrawn",
        "its file or link was withdrawn. Choose “Restore to all orders” in the list of files and "
        "links.",
    ),
    "over": (
        {"expires_at": NOW},
        "time over",
        "its time is over. Press “Extend by days” on the order’s page.",
    ),
    "replaced": (
        {"has_other_product": True},
        "replaced",
        "its line names another product now, or is a part of another order, which has the "
        "downloads. It opens once your shop names that product again; or attach the file or link "
        "to the order.",
    ),
    "added and not paid for": (
        {"order__reported_payment": "partial", "has_paid": True} | REPORTED,
        "waiting for payment",
        "it was added to a paid order and is not paid for yet. It opens by itself once your shop "
        "reports the payment.",
    ),
    "used up": (
        {"used": 10},
        "used up",
        "all its downloads are used. Press “Reset” or “Allow more” on the order’s page.",
    ),
}
# What each act opens, what it says it did, and what it says of a download it is not for.
ACTS = {
    "reset": ("used up", "reset to zero", {}, ""),
    "raise_limit": ("used up", "raised by 2", {}, ""),
    "extend": ("over", "extended by 2 days", {"expires_at": None}, "has no end to extend."),
    "restore": ("revoked", "restored", {"withdrawn_at": None}, "was not withdrawn."),
}


@pytest.fixture(autouse=True)
def _clock_stands_still(frozen):
    frozen(NOW)


@pytest.fixture
def act(staff):
    """Return a function that runs an action of a list on rows and returns what it says."""

    def run(action, *rows, **sent):
        url = f"/admin/downloads/{rows[0]._meta.model_name}/"
        chosen = {"action": action, "_selected_action": [row.pk for row in rows]}
        answer = staff.post(url, chosen | sent)
        staff.cookies.pop("messages", None)  # read here, and not on the next page
        return [str(note) for note in get_messages(answer.wsgi_request)]

    return run


def make(*, is_risky=False, has_more=False, has_other_product=False, has_paid=False, **given):
    """Make a download by its facts, in an order with another line if it `has_more`.

    One that `has_paid`; or on a line that has another product by now.
    """
    grant = GrantFactory(**given)
    if has_paid:
        LineFactory(order=grant.order, paid_units=1)
    if has_other_product:
        Grant.objects.update(product=ProductFactory(shop=grant.order.shop))
    if is_risky:
        Shop.objects.update(holds_high_risk=True)
        RiskFactory(shop=grant.order.shop)
    if has_more:
        LineFactory(order=grant.order)
    fulfilment.settle(grant.order, at=NOW)
    return fresh(grant)


def fresh(grant):
    return Grant.objects.with_facts().get(pk=grant.pk)


@pytest.mark.slow
@pytest.mark.parametrize("state", STATES)
@pytest.mark.parametrize("name", ACTS)
def test_every_act_tells_what_it_did_not_open(act, name, state):
    opens, done, not_for, refusal = ACTS[name]
    given, shown, why = STATES[state]
    grant = make(**given)
    assert causes_text(grant, at=NOW) == shown
    is_refused = not_for and all(getattr(grant, key) == value for key, value in not_for.items())
    stays = "" if state in ("open", opens) else f" It stays closed: {why}"
    did = f"{grant}: This download {refusal}" if is_refused else f"1 downloads {done}."
    assert act(name, grant, amount=2) == [did + stays]
    assert (fresh(grant).refusal(NOW) is None) == (stays == "")


def test_no_cause_is_left_out():
    reasons = set(Unavailable.MESSAGES) - {Unavailable.CLICK_OVER, Unavailable.LINK_PAST}
    assert reasons < set(CAUSES)
    told = " ".join(why for _, _, why in STATES.values())
    assert all(str(cause.why) in told for cause in CAUSES.values())


def test_of_a_mixture_each_cause_is_told_once_with_how_many_it_holds(act):
    opened, *refunded = [GrantFactory(withdrawn_at=NOW, refunded=n > 0) for n in range(3)]
    over = GrantFactory(withdrawn_at=NOW, expires_at=NOW)
    assert act("restore", opened, *refunded, over) == [
        "4 downloads restored. 2 of them stay closed: the purchase was refunded. Raise the units "
        "kept on the order’s line. 1 of them stay closed: its time is over. Press “Extend by "
        "days” on the order’s page."
    ]


def test_what_holds_it_twice_is_told_twice(act):
    grant = GrantFactory(used=10, expires_at=NOW, order__payment="pending")
    assert causes_text(fresh(grant), at=NOW) == "waiting for payment, time over, used up"
    [told] = act("reset", grant)
    assert told.endswith(
        f"It stays closed: the order is not paid yet. {PAY} And its time is over. Press “Extend by "
        "days” on the order’s page."
    )


def test_all_of_several_stay_closed(act):
    grants = [GrantFactory(order__cancelled_at=NOW) for _ in range(2)]
    [told] = act("reset", *grants)
    assert told.startswith("2 downloads reset to zero. All stay closed: the order was cancelled.")


def test_a_note_of_what_stays_closed_is_no_success(staff):
    grant = GrantFactory(order__cancelled_at=NOW)
    sent = {"action": "reset", "_selected_action": grant.pk}
    page = staff.post("/admin/downloads/grant/", sent, follow=True).content.decode()
    assert '<li class="warning">1 downloads reset' in page


def test_revoking_is_told_of_what_was_open(act):
    grant = GrantFactory(order__cancelled_at=NOW)
    assert act("revoke", grant) == ["1 downloads withdrawn."]
    assert act("revoke", grant) == [f"{grant}: This download was withdrawn before."]


# --- Orders, assets, mails, products -------------------------------------------------------------


@pytest.mark.slow
@pytest.mark.parametrize(
    ("given", "why"),
    [
        ({}, ""),
        ({"order__payment": "pending"}, STATES["unpaid, reported"][2]),
        ({"order__cancelled_at": NOW}, STATES["cancelled, reported"][2]),
        ({"used": 10}, STATES["used up"][2]),
    ],
)
def test_a_release_tells_what_it_did_not_open(act, given, why):
    grant = GrantFactory(order__hold="risk", **REPORTED | given)
    stays = f" It stays closed: {why}" if why else ""
    assert act("release", grant.order) == [f"1 released.{stays}"]


@pytest.mark.slow
@pytest.mark.parametrize("state", [name for name, (_, _, why) in STATES.items() if why])
def test_a_mail_that_would_not_be_sent_is_refused_with_the_cause(act, state):
    given, _, why = STATES[state]
    order = make(**given).order
    mail = MailFactory(shop=order.shop, order=order, state=Mail.State.SET_ASIDE)
    [told], [of_order] = act("send_again", mail), act("send_mail", order)
    assert told.endswith(f" It stays closed: {why}")
    assert of_order.endswith(f" It stays closed: {why}")
    # The page of one that is used up says so.
    is_sent = state == "used up"
    assert told.startswith("1 to be sent again") == is_sent
    mail.refresh_from_db()
    assert (mail.state == Mail.State.WAITING) == is_sent


def test_a_mail_to_nobody_is_not_sent_again(act):
    order = GrantFactory(order__customer=None).order
    mail = MailFactory(shop=order.shop, order=order, state=Mail.State.DOUBTFUL)
    [told] = act("send_again", mail)
    assert told == f"{mail}: We know no mail address of this order's buyer."


def test_a_restored_asset_tells_which_of_its_downloads_stay_closed(act):
    asset = LinkFactory(withdrawn_at=NOW)
    GrantFactory(asset=asset, order__shop=asset.shop)
    GrantFactory(asset=asset, order__shop=asset.shop, order__payment="pending")
    note = "Of their downloads: 1 of 2 stay closed for causes of their own: the list of downloads "
    assert act("restore", asset) == ["1 restored.", f"{note}names them."]
    assert act("restore", asset) == [f"{asset}: This was not withdrawn."]
    assert act("withdraw", asset) == ["1 withdrawn; nobody can download it until you restore it."]
    assert act("withdraw", asset) == [f"{asset}: This was withdrawn before."]


def test_an_asset_given_to_earlier_buyers_tells_whom_it_opens_nothing(staff, messages_of):
    product = ProductFactory()
    for given in ({}, {"cancelled_at": NOW}):
        LineFactory(product=product, order=OrderFactory(shop=product.shop, **given))
    asset = LinkFactory(shop=product.shop, title="Papers")
    sent = {
        "name": "A",
        "attachments-TOTAL_FORMS": 1,
        "attachments-INITIAL_FORMS": 0,
        "attachments-0-asset": asset.pk,
        "attachments-0-limit": 3,
    }
    url = f"/admin/downloads/product/{product.pk}/change/"
    told = messages_of(staff.post(url, sent, follow=True))
    assert told[0] == (
        '"Papers" was given to 2 earlier purchases too. 1 of 2 stay closed for causes of their '
        "own: the list of downloads names them."
    )
    assert Attachment.objects.get().limit == 3


def test_the_lists_say_why_a_download_is_closed(staff):
    grant = GrantFactory(order__payment=Order.Payment.REFUNDED)
    for url in ("grant/", f"grant/{grant.pk}/change/", f"order/{grant.order_id}/change/"):
        assert "refunded<" in staff.get(f"/admin/downloads/{url}").content.decode()


@pytest.mark.django_db
@pytest.mark.parametrize("has_own", [True, False])
def test_an_order_whose_own_asset_stays_is_not_called_closed(has_own):
    order = OrderFactory()
    GrantFactory(order=order, line=LineFactory(order=order, current_quantity=0))
    if has_own:
        GrantFactory(order=order, line=None)
    fulfilment.settle(order, at=NOW)
    assert (why_order_is_closed(order, at=NOW) == "") is has_own
