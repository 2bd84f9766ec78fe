"""Rows for tests. What a door can make is made through the door, in conftest."""

import itertools
from datetime import UTC, datetime, timedelta

import factory
from django.core.files.base import ContentFile

from downloads import fulfilment
from downloads.models import (
    Asset,
    Attachment,
    AttachmentRule,
    Customer,
    Delivery,
    Dispute,
    DownloadEvent,
    Grant,
    LineItem,
    Mail,
    Message,
    Order,
    Product,
    Refund,
    RefundedLine,
    RiskAssessment,
    Shop,
)
from downloads.tokens import hash_token

NOW = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
_numbers = itertools.count(1)


class ShopFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = Shop

    name = factory.Sequence(lambda n: f"Shop {n}")
    domain = factory.Sequence(lambda n: f"shop-{n}.example")


class CustomerFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = Customer

    shop = factory.SubFactory(ShopFactory)
    email = factory.Sequence(lambda n: f"buyer-{n}@example.com")


class ProductFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = Product

    shop = factory.SubFactory(ShopFactory)
    name = "My new Book"
    variant_id = factory.Sequence(lambda n: 1_000_000 + n)


class LinkFactory(factory.django.DjangoModelFactory):
    """A link asset."""

    class Meta:
        model = Asset

    shop = factory.SubFactory(ShopFactory)
    title = factory.Sequence(lambda n: f"Link {n}")
    link = "https://www.my-website.com/download/my-book.pdf"
    size_bytes = 10_000_000


class AttachmentFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = Attachment

    product = factory.SubFactory(ProductFactory)
    asset = factory.SubFactory(LinkFactory, shop=factory.SelfAttribute("..product.shop"))
    limit = 10


class AttachmentRuleFactory(factory.django.DjangoModelFactory):
    """A rule as a row alone; `fulfilment.rules.save_rule` attaches by one."""

    class Meta:
        model = AttachmentRule

    shop = factory.SubFactory(ShopFactory)
    asset = factory.SubFactory(LinkFactory, shop=factory.SelfAttribute("..shop"))
    tag = "digital"


class OrderFactory(factory.django.DjangoModelFactory):
    """A paid order with its customer's address; `token="…"` gives it an order-status token."""

    class Meta:
        model = Order

    class Params:
        token = None

    shop = factory.SubFactory(ShopFactory)
    customer = factory.SubFactory(CustomerFactory, shop=factory.SelfAttribute("..shop"))
    email = factory.LazyAttribute(lambda o: (o.customer and o.customer.email) or "")
    number = factory.Sequence(lambda n: 1000 + n)
    payment = Order.Payment.PAID
    placed_at = NOW
    token_hash = factory.LazyAttribute(lambda o: hash_token(o.token) if o.token else None)


class LineFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = LineItem

    order = factory.SubFactory(OrderFactory)
    product = factory.SubFactory(ProductFactory, shop=factory.SelfAttribute("..order.shop"))
    position = factory.Sequence(lambda n: n)


class GrantFactory(factory.django.DjangoModelFactory):
    """A grant of a link on a line of a paid order; `line=None` makes it the order's own."""

    class Meta:
        model = Grant

    order = factory.SubFactory(OrderFactory)
    line = factory.SubFactory(LineFactory, order=factory.SelfAttribute("..order"))
    asset = factory.SubFactory(LinkFactory, shop=factory.SelfAttribute("..order.shop"))
    limit = 10
    bought = factory.SelfAttribute("limit")
    created_at = NOW
    updated_at = NOW


class DeliveryFactory(factory.django.DjangoModelFactory):
    """What a click opened for half an hour; `size_bytes` makes it a file's."""

    class Meta:
        model = Delivery

    grant = factory.SubFactory(GrantFactory)
    nonce = factory.Sequence(lambda n: f"click-{n}")
    opened_at = NOW
    closes_at = factory.LazyAttribute(lambda o: o.opened_at + timedelta(minutes=30))


class EventFactory(factory.django.DjangoModelFactory):
    """A line of the ledger: one download counted, unless another kind is named."""

    class Meta:
        model = DownloadEvent

    grant = factory.SubFactory(GrantFactory)
    kind = DownloadEvent.Kind.CHARGED
    downloads = factory.LazyAttribute(lambda o: int(o.kind == DownloadEvent.Kind.CHARGED))
    at = NOW


class RefundFactory(factory.django.DjangoModelFactory):
    """A refund of an order by its number, as `units={line number: units}`; none: money alone."""

    class Meta:
        model = Refund
        skip_postgeneration_save = True

    shop = factory.SubFactory(ShopFactory)
    order_platform_id = 7001
    platform_id = factory.Sequence(lambda n: 9000 + n)
    refunded_at = NOW

    @factory.post_generation
    def units(refund, create, units, **kwargs):  # noqa: N805 (factory_boy passes the row)
        for number, quantity in (units or {}).items():
            RefundedLine.objects.create(refund=refund, line_platform_id=number, quantity=quantity)


class DisputeFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = Dispute

    shop = factory.SubFactory(ShopFactory)
    order_platform_id = 7001
    platform_id = factory.Sequence(lambda n: 8000 + n)
    state = Dispute.State.OPEN
    opened_at = NOW


class RiskFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = RiskAssessment

    shop = factory.SubFactory(ShopFactory)
    order_platform_id = 7001
    is_high = True
    assessed_at = NOW


class MessageFactory(factory.django.DjangoModelFactory):
    """A message of a shop that waits to be applied."""

    class Meta:
        model = Message

    shop = factory.SubFactory(ShopFactory)
    source = "platform"
    topic = "orders"
    delivery_id = factory.Sequence(lambda n: f"delivery-{n}")
    body = "{}"
    received_at = NOW
    due_at = NOW


class MailFactory(factory.django.DjangoModelFactory):
    """A mail that somebody asked for and that waits; `order=…` makes it one about that order."""

    class Meta:
        model = Mail

    shop = factory.SubFactory(ShopFactory)
    kind = factory.LazyAttribute(lambda o: Mail.Kind.ORDER if o.order else Mail.Kind.LINKS)
    order = None
    email = factory.Sequence(lambda n: f"reader-{n}@example.com")
    created_at = NOW
    due_at = NOW


def make_file(shop: Shop, content: bytes = b"x" * 1000, name: str = "book.epub") -> Asset:
    """Store a real file as an asset, through the door."""
    asset = Asset(shop=shop, title=f"File {next(_numbers)}")
    return fulfilment.store_file(asset, ContentFile(content, name=name))


def make_file_grant(
    content: bytes = b"x" * 1000, name: str = "book.epub", **values: object
) -> Grant:
    """Make a grant of a stored file on a line of a paid order."""
    order = values.pop("order", None) or OrderFactory()
    return GrantFactory(order=order, asset=make_file(order.shop, content, name), **values)


def make_counted_grant(used: int, **values: object) -> Grant:
    """Make a grant that was downloaded so often before, as its ledger says too."""
    grant = GrantFactory(used=used, **values)
    EventFactory(grant=grant, kind=DownloadEvent.Kind.CARRIED, downloads=used)
    return grant
