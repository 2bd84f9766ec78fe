"""Each named constraint refuses what its name says, and nothing beside it."""

from collections.abc import Callable
from datetime import date, timedelta
from functools import partial
from typing import Any

import pytest
from django.apps import apps
from django.contrib.auth.models import User
from django.db import IntegrityError, connection, transaction
from django.db.models import Model, ProtectedError

from downloads.models import (
    Account,
    Asset,
    AssetFigures,
    Attachment,
    BuyerFigures,
    Customer,
    DailyFigures,
    DataRequest,
    Grant,
    Invitation,
    Mail,
    Membership,
    Refund,
    RefundedLine,
    RemovedProduct,
    Shop,
    StatusMeaning,
)
from downloads.models.grants import MAX_DOWNLOADS
from tests.factories import (
    NOW,
    AttachmentFactory,
    AttachmentRuleFactory,
    CustomerFactory,
    DeliveryFactory,
    DisputeFactory,
    EventFactory,
    GrantFactory,
    LineFactory,
    LinkFactory,
    MessageFactory,
    OrderFactory,
    ProductFactory,
    RefundFactory,
    RiskFactory,
    ShopFactory,
)

pytestmark = pytest.mark.django_db

FILE = {"file": "assets/1", "size_bytes": 1, "sha256": "0" * 64, "file_name": "a", "link": ""}

EMPTY = (("size_bytes", 0), ("size_bytes", None), ("sha256", ""), ("file_name", ""))


def change(row: Any, **values: Any) -> None:
    type(row)._default_manager.filter(pk=row.pk).update(**values)


def account(shop: Shop, **values: Any) -> Account:
    words = {"email": "ada@example.com", "first_name": "Ada", "last_name": "L."}
    return Account.objects.create(shop=shop, **words | values)


def unconfirmed_account() -> Account:
    return account(ShopFactory())


def confirmed_account() -> Account:
    customer = CustomerFactory()
    return account(customer.shop, customer=customer, confirmed_at=NOW)


def mail_about_an_order() -> Mail:
    order = OrderFactory()
    moments = {"created_at": NOW, "due_at": NOW}
    return Mail.objects.create(
        shop=order.shop, kind="order", order=order, email="ada@example.com", **moments
    )


def attachment_of_a_rule() -> Attachment:
    rule = AttachmentRuleFactory()
    product = ProductFactory(shop=rule.shop)
    return AttachmentFactory(product=product, asset=rule.asset, source=rule)


# --- Checks: (name, a row, what it may become, what it may not) ----------------------------------

CHECKS: list[tuple[str, Callable[[], Any], list[dict], list[dict]]] = [
    (
        "shop_default_limit_is_unlimited_or_at_least_one",
        ShopFactory,
        [{"default_limit": None}, {"default_limit": 1}],
        [{"default_limit": 0}],
    ),
    (
        "mail_about_an_order_names_it",
        mail_about_an_order,
        [{"order": None, "kind": "links"}],
        [{"order": None}, {"kind": "links"}],
    ),
    (
        "account_that_is_confirmed_has_a_customer",
        unconfirmed_account,
        [{"confirmed_at": None}],
        [{"confirmed_at": NOW}],
    ),
    (
        "account_that_is_confirmed_has_a_customer",
        confirmed_account,
        [{"confirmed_at": None}, {"confirmed_at": None, "customer": None}],
        [{"customer": None}],
    ),
    (
        "asset_is_a_file_or_a_link",
        LinkFactory,
        [FILE, {"link": "https://example.com/"}],
        [{"link": ""}, FILE | {"link": "https://example.com/"}],
    ),
    (
        "asset_file_has_size_checksum_and_name",
        LinkFactory,
        [FILE, {"size_bytes": None}, {"size_bytes": 0}],
        [FILE | {name: empty} for name, empty in EMPTY],
    ),
    (
        "attachment_limit_is_unlimited_or_at_least_one",
        AttachmentFactory,
        [{"limit": None}, {"limit": 1}],
        [{"limit": 0}],
    ),
    (
        "attachment_lifetime_is_endless_or_at_least_a_day",
        AttachmentFactory,
        [{"lifetime_days": None}, {"lifetime_days": 1}],
        [{"lifetime_days": 0}],
    ),
    (
        "attachment_is_left_out_by_its_variant_alone",
        attachment_of_a_rule,
        [{"source": None, "is_left_out": True}],
        [{"is_left_out": True}],
    ),
    (
        "rule_limit_is_unlimited_or_at_least_one",
        AttachmentRuleFactory,
        [{"limit": None}, {"limit": 1}],
        [{"limit": 0}],
    ),
    (
        "rule_lifetime_is_endless_or_at_least_a_day",
        AttachmentRuleFactory,
        [{"lifetime_days": None}, {"lifetime_days": 1}],
        [{"lifetime_days": 0}],
    ),
    (
        "rule_has_a_number_or_conditions",
        AttachmentRuleFactory,
        [{"tag": "", "product_number": 1}, {"product_number": 1}, {"tag": "", "sku_pattern": "*"}],
        [{"tag": ""}],
    ),
    (
        "line_quantity_is_at_least_one",
        LineFactory,
        [{"quantity": 1}, {"current_quantity": 0}],
        [{"quantity": 0}],
    ),
    (
        "grant_bought_is_unlimited_or_at_least_one",
        GrantFactory,
        [{"bought": 1}, {"bought": MAX_DOWNLOADS}, {"bought": 1, "used": 5}],
        [{"bought": 0}],
    ),
    (
        "grant_is_unlimited_in_limit_and_bought_alike",
        GrantFactory,
        [{"limit": None, "bought": None}, {"limit": 1, "bought": 5}],
        [
            {"limit": None, "bought": 5},
            {"limit": 5, "bought": None},
            {"limit": 0, "bought": 5},
        ],
    ),
    (
        "event_moves_the_count_as_its_kind_says",
        EventFactory,
        [
            {"kind": "charged", "downloads": 1},
            {"kind": "released", "downloads": -1},
            {"kind": "released", "downloads": -10},
            {"kind": "served", "downloads": 0},
            {"kind": "refused", "downloads": 0},
            *({"kind": "carried", "downloads": moved} for moved in (-3, 0, 1, 3)),
        ],
        [
            *({"kind": "charged", "downloads": moved} for moved in (-1, 0, 2)),
            *({"kind": "released", "downloads": moved} for moved in (0, 1)),
            *({"kind": kind, "downloads": 1} for kind in ("served", "refused")),
            *({"kind": kind, "downloads": -1} for kind in ("served", "refused")),
            {"kind": "unheard of", "downloads": 0},
        ],
    ),
]


ALLOWED = [
    pytest.param(make, values, id=f"{name}-{number}")
    for name, make, allowed, _refused in CHECKS
    for number, values in enumerate(allowed)
]
REFUSED = [
    pytest.param(name, make, values, id=f"{name}-{number}")
    for name, make, _allowed, refused in CHECKS
    for number, values in enumerate(refused)
]


@pytest.mark.parametrize(("make", "values"), ALLOWED)
def test_a_check_allows(make, values):
    row = make()
    change(row, **values)
    assert type(row)._default_manager.filter(pk=row.pk, **values).exists()


@pytest.mark.parametrize(("name", "make", "values"), REFUSED)
def test_a_check_refuses_by_its_name(name, make, values):
    row = make()
    before = type(row)._default_manager.values().get(pk=row.pk)
    with pytest.raises(IntegrityError, match=name), transaction.atomic():
        change(row, **values)
    assert type(row)._default_manager.values().get(pk=row.pk) == before


def test_what_was_used_is_never_negative():
    # Django adds a check of its own to the column, which may answer first.
    grant = GrantFactory(used=3)
    with pytest.raises(IntegrityError, match="used"), transaction.atomic():
        change(grant, used=-1)
    grant.refresh_from_db()
    assert grant.used == 3


# --- Uniqueness: (name, a row twice, a row beside the first that is allowed) ---------------------


def refunded_line(parent: Refund, number: int) -> RefundedLine:
    return RefundedLine.objects.create(refund=parent, line_platform_id=number, quantity=1)


def removed_product(shop: Shop, number: int = 1) -> RemovedProduct:
    return RemovedProduct.objects.create(shop=shop, product_id=number, removed_at=NOW)


def data_request(shop: Shop, number: int = 1) -> DataRequest:
    return DataRequest.objects.create(shop=shop, platform_id=number, asked_at=NOW)


def one_meaning_per_status() -> list[Callable[[], Any]]:
    shop = ShopFactory()
    make = StatusMeaning.objects.create
    return [
        lambda: make(shop=shop, status="on-hold", payment="pending"),
        lambda: make(shop=shop, status="on-hold", payment="paid"),
        lambda: make(shop=shop, status="deposit", payment="pending"),
        lambda: make(shop=ShopFactory(), status="on-hold", payment="pending"),
    ]


def one_account_per_address() -> list[Callable[[], Any]]:
    shop = ShopFactory()
    return [
        lambda: account(shop, email="Ada@Example.com"),
        lambda: account(shop),
        lambda: account(shop, email="grace@example.com"),
        lambda: account(ShopFactory()),
    ]


def one_membership_per_person() -> list[Callable[[], Any]]:
    shop, ada, grace = ShopFactory(), User.objects.create(username="ada"), User(username="grace")
    grace.save()
    employ = partial(Membership.objects.create, shop=shop, user=ada)
    return [
        lambda: employ(role="owner"),
        lambda: employ(role="support"),
        lambda: employ(role="owner", user=grace),
        lambda: employ(role="owner", shop=ShopFactory()),
    ]


def one_invitation_per_address() -> list[Callable[[], Any]]:
    def invite(number: int, **values: Any) -> Invitation:
        given = {"shop": shop, "email": "ada@example.com", "role": "owner", "expires_at": NOW}
        return Invitation.objects.create(token_hash=f"{number:064}", **given | values)

    shop = ShopFactory()
    return [
        lambda: invite(1),
        lambda: invite(2, role="support"),
        lambda: invite(3, accepted_at=NOW),
        lambda: invite(4, email="grace@example.com"),
        lambda: invite(5, shop=ShopFactory()),
    ]


def one_customer_per_number() -> list[Callable[[], Any]]:
    shop = ShopFactory()
    return [
        lambda: CustomerFactory(shop=shop, platform_id=1),
        lambda: CustomerFactory(shop=shop, platform_id=1),
        lambda: CustomerFactory(platform_id=1),
        lambda: CustomerFactory(shop=shop, platform_id=None),
        lambda: CustomerFactory(shop=shop, platform_id=None),
    ]


def one_product_per_variant() -> list[Callable[[], Any]]:
    shop = ShopFactory()
    return [
        lambda: ProductFactory(shop=shop, variant_id=1),
        lambda: ProductFactory(shop=shop, variant_id=1),
        lambda: ProductFactory(variant_id=1),
        lambda: ProductFactory(shop=shop, variant_id=None),
        lambda: ProductFactory(shop=shop, variant_id=None),
    ]


def one_attachment_per_asset() -> list[Callable[[], Any]]:
    product = ProductFactory()
    asset = LinkFactory(shop=product.shop)
    return [
        lambda: AttachmentFactory(product=product, asset=asset),
        lambda: AttachmentFactory(product=product, asset=asset),
        lambda: AttachmentFactory(product=product),
        lambda: AttachmentFactory(product=ProductFactory(shop=product.shop), asset=asset),
    ]


def one_rule_per_number() -> list[Callable[[], Any]]:
    asset = LinkFactory()
    rule = partial(AttachmentRuleFactory, shop=asset.shop, asset=asset, tag="")
    return [
        lambda: rule(product_number=1),
        lambda: rule(product_number=1),
        lambda: rule(product_number=2),
        lambda: rule(product_number=1, tag="pdf"),
        lambda: rule(product_number=1, asset=LinkFactory(shop=asset.shop)),
    ]


def one_order_per_number() -> list[Callable[[], Any]]:
    shop = ShopFactory()
    return [
        lambda: OrderFactory(shop=shop, platform_id=1),
        lambda: OrderFactory(shop=shop, platform_id=1),
        lambda: OrderFactory(platform_id=1),
        lambda: OrderFactory(shop=shop, platform_id=None),
        lambda: OrderFactory(shop=shop, platform_id=None),
    ]


def one_line_per_number() -> list[Callable[[], Any]]:
    order = OrderFactory()
    return [
        lambda: LineFactory(order=order, platform_id=1),
        lambda: LineFactory(order=order, platform_id=1),
        lambda: LineFactory(platform_id=1),
        lambda: LineFactory(order=order, platform_id=None),
        lambda: LineFactory(order=order, platform_id=None),
    ]


def one_refund_per_number() -> list[Callable[[], Any]]:
    shop = ShopFactory()
    return [
        lambda: RefundFactory(shop=shop, order_platform_id=7001, platform_id=1),
        lambda: RefundFactory(shop=shop, order_platform_id=7001, platform_id=1),
        lambda: RefundFactory(order_platform_id=7001, platform_id=1),
        lambda: RefundFactory(shop=shop, order_platform_id=7002, platform_id=1),
        lambda: RefundFactory(shop=shop, order_platform_id=7001, platform_id=2),
    ]


def one_refunded_line_per_refund() -> list[Callable[[], Any]]:
    first, second = RefundFactory(), RefundFactory()
    return [
        lambda: refunded_line(first, 1),
        lambda: refunded_line(first, 1),
        lambda: refunded_line(first, 2),
        lambda: refunded_line(second, 1),
    ]


def one_dispute_per_number() -> list[Callable[[], Any]]:
    shop = ShopFactory()
    return [
        lambda: DisputeFactory(shop=shop, platform_id=1),
        lambda: DisputeFactory(shop=shop, platform_id=1, order_platform_id=7002),
        lambda: DisputeFactory(platform_id=1),
        lambda: DisputeFactory(shop=shop, platform_id=2),
    ]


def one_risk_per_order() -> list[Callable[[], Any]]:
    shop = ShopFactory()
    return [
        lambda: RiskFactory(shop=shop),
        lambda: RiskFactory(shop=shop, is_high=False),
        RiskFactory,
        lambda: RiskFactory(shop=shop, order_platform_id=7002),
    ]


def one_removal_per_product() -> list[Callable[[], Any]]:
    shop, other = ShopFactory(), ShopFactory()
    return [
        lambda: removed_product(shop),
        lambda: removed_product(shop),
        lambda: removed_product(other),
        lambda: removed_product(shop, 2),
    ]


def one_data_request_per_number() -> list[Callable[[], Any]]:
    shop, other = ShopFactory(), ShopFactory()
    return [
        lambda: data_request(shop),
        lambda: data_request(shop),
        lambda: data_request(other),
        lambda: data_request(shop, 2),
    ]


def one_message_per_delivery() -> list[Callable[[], Any]]:
    said = {"shop": ShopFactory(), "source": "a", "topic": "b", "delivery_id": "c"}
    return [
        lambda: MessageFactory(**said),
        lambda: MessageFactory(**said, body="other", state="applied"),
        lambda: MessageFactory(**said | {"shop": ShopFactory()}),
        lambda: MessageFactory(**said | {"source": "other"}),
        lambda: MessageFactory(**said | {"topic": "other"}),
        lambda: MessageFactory(**said | {"delivery_id": "other"}),
    ]


def one_grant_per_line() -> list[Callable[[], Any]]:
    line = LineFactory()
    asset = LinkFactory(shop=line.order.shop)
    same = {"order": line.order, "asset": asset}
    return [
        lambda: GrantFactory(line=line, **same),
        lambda: GrantFactory(line=line, **same),
        lambda: GrantFactory(line=None, **same),
        lambda: GrantFactory(line=LineFactory(order=line.order), **same),
        lambda: GrantFactory(order=line.order, line=line),
    ]


def one_grant_per_order() -> list[Callable[[], Any]]:
    order = OrderFactory()
    asset = LinkFactory(shop=order.shop)
    return [
        lambda: GrantFactory(order=order, line=None, asset=asset),
        lambda: GrantFactory(order=order, line=None, asset=asset),
        lambda: GrantFactory(order=OrderFactory(shop=order.shop), line=None, asset=asset),
        lambda: GrantFactory(order=order, line=None),
    ]


def one_delivery_per_click() -> list[Callable[[], Any]]:
    grant = GrantFactory()
    return [
        lambda: DeliveryFactory(grant=grant, nonce="click"),
        lambda: DeliveryFactory(grant=grant, nonce="click"),
        lambda: DeliveryFactory(grant=grant, nonce="another"),
        lambda: DeliveryFactory(grant=GrantFactory(), nonce="click"),
    ]


def one_line_of_bytes_per_delivery() -> list[Callable[[], Any]]:
    delivery = DeliveryFactory(size_bytes=10)
    of = {"grant": delivery.grant, "delivery": delivery}
    return [
        lambda: EventFactory(kind="served", sent_bytes=1, **of),
        lambda: EventFactory(kind="served", sent_bytes=2, **of),
        lambda: EventFactory(kind="charged", **of),
        lambda: EventFactory(kind="served", sent_bytes=1, delivery=None),
        lambda: EventFactory(kind="served", sent_bytes=1, delivery=None),
        lambda: EventFactory(kind="served", sent_bytes=1, delivery=DeliveryFactory()),
    ]


def one_row_of_figures(model: type[Model], **keys: Any) -> list[Callable[[], Any]]:
    """Return makers of two rows with these keys, and of neighbours with one key another."""
    same = {name: one for name, (one, _other) in keys.items()}
    own = {"counted_at": NOW} if model is BuyerFigures else {}
    own |= {"shop": ShopFactory()} if model is AssetFigures else {}
    another = [same | {name: other} for name, (_one, other) in keys.items()]
    return [partial(model.objects.create, **own, **each) for each in (same, same, *another)]


def days() -> tuple[date, date]:
    return NOW.date(), NOW.date() + timedelta(days=1)


def shops() -> tuple[Any, Any]:
    return ShopFactory(), ShopFactory()


UNIQUE = {
    "figures_are_one_per_shop_and_day": lambda: one_row_of_figures(
        DailyFigures, shop=shops(), day=days()
    ),
    "figures_are_one_per_asset_and_day": lambda: one_row_of_figures(
        AssetFigures, asset=(LinkFactory(), LinkFactory()), day=days()
    ),
    "buyer_figures_are_one_per_shop_and_period": lambda: one_row_of_figures(
        BuyerFigures, shop=shops(), days=(7, 30), is_earlier=(False, True)
    ),
    "customer_platform_id_is_unique_in_its_shop": one_customer_per_number,
    "account_email_is_unique_in_its_shop": one_account_per_address,
    "status_has_one_meaning_in_its_shop": one_meaning_per_status,
    "membership_is_one_per_shop_and_person": one_membership_per_person,
    "invitation_is_one_per_shop_and_address": one_invitation_per_address,
    "product_variant_is_unique_in_its_shop": one_product_per_variant,
    "attachment_is_unique_per_product_and_asset": one_attachment_per_asset,
    "rule_is_unique_per_number_and_asset": one_rule_per_number,
    "order_platform_id_is_unique_in_its_shop": one_order_per_number,
    "line_platform_id_is_unique_in_its_order": one_line_per_number,
    "refund_counts_once_in_its_order": one_refund_per_number,
    "refunded_line_is_unique_in_its_refund": one_refunded_line_per_refund,
    "grant_is_unique_per_line_and_asset": one_grant_per_line,
    "grant_is_unique_per_order_and_own_asset": one_grant_per_order,
    "dispute_is_unique_in_its_shop": one_dispute_per_number,
    "risk_is_assessed_once_in_its_order": one_risk_per_order,
    "product_is_removed_once_in_its_shop": one_removal_per_product,
    "data_request_is_stored_once": one_data_request_per_number,
    "message_is_stored_once": one_message_per_delivery,
    "delivery_is_one_per_grant_and_click": one_delivery_per_click,
    "event_of_bytes_served_is_one_per_delivery": one_line_of_bytes_per_delivery,
}


@pytest.mark.parametrize("name", UNIQUE)
def test_a_second_row_is_refused_and_its_neighbours_are_not(name):
    first, second, *neighbours = UNIQUE[name]()
    rows = type(first())._default_manager
    with pytest.raises(IntegrityError, match=r"(?i)unique"), transaction.atomic():
        second()
    assert rows.count() == 1
    for neighbour in neighbours:
        neighbour()
    assert rows.count() == 1 + len(neighbours)


def test_two_orders_never_share_a_token():
    OrderFactory(token="x" * 32)
    with pytest.raises(IntegrityError, match=r"(?i)unique"), transaction.atomic():
        OrderFactory(token="x" * 32)
    OrderFactory(token=None)
    OrderFactory(token=None)


def test_two_shops_never_share_a_domain():
    ShopFactory(domain="my-store.example")
    with pytest.raises(IntegrityError, match=r"(?i)unique"), transaction.atomic():
        ShopFactory(domain="my-store.example")


# --- The whole of it -----------------------------------------------------------------------------


def named_constraints() -> set[str]:
    return {
        constraint.name
        for model in apps.get_app_config("downloads").get_models()
        for constraint in model._meta.constraints
    }


def test_every_named_constraint_is_tried_here():
    tried = {name for name, *_rest in CHECKS} | set(UNIQUE) | {"grant_used_is_not_negative"}
    assert tried == named_constraints()


@pytest.mark.slow
def test_every_named_constraint_stands_in_the_database():
    with connection.cursor() as cursor:
        found = {
            name
            for model in apps.get_app_config("downloads").get_models()
            for name in connection.introspection.get_constraints(cursor, model._meta.db_table)
        }
    assert named_constraints() - found == set()


# --- What others stand on is not deleted under them ----------------------------------------------


def test_an_asset_that_an_order_holds_is_not_deleted():
    grant = GrantFactory()
    with pytest.raises(ProtectedError):
        grant.asset.delete()
    assert Asset.objects.count() == 1


def test_an_asset_that_a_product_brings_is_not_deleted():
    attachment = AttachmentFactory()
    with pytest.raises(ProtectedError):
        attachment.asset.delete()
    assert Attachment.objects.count() == 1


def test_an_order_with_grants_is_not_deleted():
    grant = GrantFactory()
    with pytest.raises(ProtectedError):
        grant.order.delete()
    assert Grant.objects.count() == 1


def test_a_deleted_order_leaves_what_was_reported_of_it():
    order = OrderFactory(platform_id=7001)
    facts = [make(shop=order.shop) for make in (RefundFactory, DisputeFactory, RiskFactory)]
    order.delete()
    assert [type(fact).objects.get() for fact in facts] == facts


def test_a_deleted_delivery_leaves_its_lines_in_the_ledger():
    event = EventFactory(delivery=DeliveryFactory())
    event.delivery.delete()
    event.refresh_from_db()
    assert (event.delivery, event.downloads) == (None, 1)


def test_a_deleted_customer_leaves_the_order_and_its_grants():
    grant = GrantFactory()
    grant.order.customer.delete()
    grant.order.refresh_from_db()
    assert grant.order.customer is None
    assert (Customer.objects.count(), Grant.objects.count()) == (0, 1)
