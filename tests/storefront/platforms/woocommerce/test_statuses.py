"""What WooCommerce's statuses, and its plugins', say of the payment."""

import pytest

from downloads.models import Order
from storefront.platforms.woocommerce.statuses import MAX_WORD, note_on, payment_of

PENDING, PARTIAL, PAID, VOIDED, REFUNDED = (
    Order.ReportedPayment[name] for name in ("PENDING", "PARTIAL", "PAID", "VOIDED", "REFUNDED")
)
BOTH = (False, True)
HAND = ["cod", "cheque", "bacs", "COD", " Bacs ", "wc_cod", "cod_express", "bacs-2", "invoice"]
ONLINE = ["stripe", "paypal", "ppcp-gateway", "klarna_payments", "codex_pay", "backs"]
UNTOLD = ["", None, "  "]


def payment(status, gateway="stripe", *, is_dated=False):
    return payment_of(status=status, gateway=gateway, is_dated=is_dated)[0]


@pytest.mark.parametrize("is_dated", BOTH)
@pytest.mark.parametrize("gateway", HAND)
def test_processing_is_not_paid_where_the_money_comes_by_hand(gateway, is_dated):
    assert payment("processing", gateway, is_dated=is_dated) == PENDING
    assert payment("completed", gateway, is_dated=is_dated) == PAID


@pytest.mark.parametrize("is_dated", BOTH)
@pytest.mark.parametrize("gateway", ONLINE)
def test_processing_is_paid_by_any_other_gateway(gateway, is_dated):
    assert payment("processing", gateway, is_dated=is_dated) == PAID
    assert payment("completed", gateway, is_dated=is_dated) == PAID


@pytest.mark.parametrize("gateway", UNTOLD)
def test_processing_without_a_gateway_is_paid_by_its_date_or_where_it_was_free(gateway):
    """A status is no money, and WooCommerce stamps a date at it: where both lack, nothing came."""
    told = {"status": "processing", "gateway": gateway}
    assert payment_of(**told, is_dated=False) == (PENDING, "processing")
    assert payment_of(**told, is_dated=True) == (PAID, "processing")
    assert payment_of(**told, is_dated=False, is_free=True) == (PAID, "processing")
    assert payment("completed", gateway) == PAID


@pytest.mark.parametrize("is_dated", BOTH)
def test_cash_on_delivery_of_nothing_is_as_any(is_dated):
    read = payment_of(status="processing", gateway="cod", is_dated=is_dated, is_free=True)
    assert read == (PENDING, "processing/cod")


@pytest.mark.parametrize("gateway", ["stripe", "cod"])
@pytest.mark.parametrize(
    ("status", "undated", "dated"),
    [
        ("pending", PENDING, PENDING),
        ("on-hold", PENDING, PENDING),
        ("checkout-draft", PENDING, PENDING),
        ("auto-draft", PENDING, PENDING),
        ("draft", PENDING, PENDING),
        ("failed", PENDING, VOIDED),
        ("refunded", REFUNDED, REFUNDED),
        ("cancelled", VOIDED, PAID),
        ("trash", VOIDED, PAID),
    ],
)
def test_a_date_of_payment_counts_but_for_payments_by_hand(status, undated, dated, gateway):
    assert payment(status, gateway) == undated
    assert payment(status, gateway, is_dated=True) == (dated if gateway == "stripe" else undated)


@pytest.mark.parametrize("is_dated", BOTH)
@pytest.mark.parametrize(
    ("status", "meaning"),
    [
        ("partially-paid", PARTIAL),
        ("partial-payment", PARTIAL),
        ("wc-partially-paid", PARTIAL),
        ("Partially Paid", PARTIAL),
        ("deposit-paid", PARTIAL),
        ("pending-deposit", PENDING),
        ("scheduled-payment", PENDING),
        ("pre-ordered", PENDING),
        ("pre-order", PENDING),
        ("preorder", PENDING),
        ("on-backorder", PENDING),
        ("shipped", None),
        ("delivered", None),
        ("my-own-status", None),
        ("", None),
    ],
)
def test_a_plugins_status_means_the_same_whatever_is_dated(status, meaning, is_dated):
    assert payment(status, is_dated=is_dated) == meaning
    assert payment(status, "cod", is_dated=is_dated) == meaning


@pytest.mark.parametrize(
    ("status", "gateway", "word"),
    [
        ("processing", "stripe", "processing"),
        ("processing", "cod", "processing/cod"),
        ("Processing", " COD ", "processing/cod"),
        ("processing", "cod_express", "processing/cod-express"),
        ("completed", "cod", "completed"),
        ("wc-shipped", "cod", "shipped"),
        ("pre_ordered", None, "pre-ordered"),
        ("x" * 500, None, "x" * MAX_WORD),
        ("processing", "cod-" + "x" * 500, ("processing/cod-" + "x" * 500)[:MAX_WORD]),
    ],
)
def test_the_word_is_what_a_merchants_row_is_looked_up_by(status, gateway, word):
    assert payment_of(status=status, gateway=gateway, is_dated=True)[1] == word


def test_a_merchant_is_told_of_what_no_rule_names_alone():
    assert '"my-own-status"' in note_on("wc-my-own-status")
    assert [note_on(word) for word in ("processing", "shipped", "pre-ordered", "deposit")] == [
        ""
    ] * 4
