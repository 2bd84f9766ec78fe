import pytest

from downloads import fulfilment
from downloads.errors import BadInput
from downloads.models import Attachment, AttachmentRule, AuditEntry
from tests.factories import (
    NOW,
    AttachmentFactory,
    AttachmentRuleFactory,
    LinkFactory,
    ProductFactory,
    ShopFactory,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def asset():
    return LinkFactory()


def test_another_shops_asset_is_refused(asset):
    other = ProductFactory()
    with pytest.raises(BadInput, match="another shop"):
        fulfilment.rules.save_rule(AttachmentRule(shop=other.shop, asset=asset, tag="a"))
    with pytest.raises(BadInput, match="another shop"):
        fulfilment.rules.leave_out(other, asset)
    with pytest.raises(BadInput, match="another shop"):
        fulfilment.rules.attach_to_each(other.shop, asset, [other], limit=1, lifetime_days=None)


def test_more_rules_than_the_shop_may_have_are_refused(asset, settings):
    settings.SHOP_MAX_RULES = 1
    fulfilment.rules.save_rule(AttachmentRule(shop=asset.shop, asset=asset, tag="a"))
    with pytest.raises(BadInput, match="1 rules already; more than 1"):
        fulfilment.rules.save_rule(AttachmentRule(shop=asset.shop, asset=asset, tag="b"))
    # Numbers are no rules to look through.
    fulfilment.rules.save_rule(AttachmentRule(shop=asset.shop, asset=asset, product_number=1))


def test_a_rule_that_matches_too_much_is_refused_whole(asset, settings):
    settings.RULE_MAX_VARIANTS = 1
    for _ in range(2):
        ProductFactory(shop=asset.shop, tags=["a"])
    with pytest.raises(BadInput, match="This matches 2 variants; a rule may match 1 at most"):
        fulfilment.rules.save_rule(AttachmentRule(shop=asset.shop, asset=asset, tag="a"))
    assert not AttachmentRule.objects.exists()


@pytest.mark.parametrize("conditions", [{"tag": "a"}, {"product_number": 1, "vendor": "b"}])
def test_the_same_rule_twice_is_refused(asset, conditions):
    fulfilment.rules.save_rule(AttachmentRule(shop=asset.shop, asset=asset, **conditions))
    with pytest.raises(BadInput, match="a rule for just these products already"):
        fulfilment.rules.save_rule(AttachmentRule(shop=asset.shop, asset=asset, **conditions))


def test_of_two_rules_alike_from_earlier_either_takes_other_terms(asset):
    first, second = (AttachmentRuleFactory(shop=asset.shop, asset=asset, tag="a") for _ in "ab")
    for rule in (first, second):
        rule.limit = 7
        assert fulfilment.rules.save_rule(rule).limit == 7
    second.tag = "b"
    fulfilment.rules.save_rule(second)
    second.tag = "a"
    with pytest.raises(BadInput, match="a rule for just these products already"):
        fulfilment.rules.save_rule(second)


def test_each_of_many_is_attached_once_and_told_once(asset):
    other = ProductFactory()
    products = [ProductFactory(shop=asset.shop, tags=["a"]) for _ in range(3)]
    AttachmentFactory(product=products[0], asset=asset, limit=1)
    fulfilment.rules.save_rule(AttachmentRule(shop=asset.shop, asset=asset, tag="a", limit=2))
    before = AuditEntry.objects.count()
    wish = {"limit": 3, "lifetime_days": None}
    assert fulfilment.rules.attach_to_each(asset.shop, asset, [*products, other], **wish) == 2
    assert fulfilment.rules.attach_to_each(asset.shop, asset, products, **wish) == 0
    rows = Attachment.objects.order_by("limit", "pk").values_list("limit", "source")
    assert list(rows) == [(1, None), (3, None), (3, None)]
    [entry] = AuditEntry.objects.order_by("pk")[before:]
    assert (entry.what, entry.after) == ("Attached to products", {"products": 2, "limit": 3})


def test_rules_are_audited_and_what_they_come_to_is_not(asset):
    ProductFactory(shop=asset.shop, tags=["a"])
    rule = fulfilment.rules.save_rule(AttachmentRule(shop=asset.shop, asset=asset, tag="a"))
    rule.limit = 4
    fulfilment.rules.save_rule(rule)
    asset.limit, asset.inherits_limit = 3, False
    fulfilment.rules.set_default_terms(asset)
    fulfilment.rules.delete_rules(asset.shop, [rule])
    told = AuditEntry.objects.exclude(subject_type="downloads.shop").order_by("pk")
    assert [(each.what, each.subject_type) for each in told] == [
        ("Added", "downloads.attachmentrule"),
        ("Changed", "downloads.attachmentrule"),
        ("Changed the file's defaults", "downloads.asset"),
        ("Deleted", "downloads.attachmentrule"),
    ]


def test_attaching_to_a_variant_takes_the_place_of_a_rule(asset):
    product = ProductFactory(shop=asset.shop, tags=["a"])
    fulfilment.rules.save_rule(AttachmentRule(shop=asset.shop, asset=asset, tag="a", limit=1))
    fulfilment.attach_to_product(product, asset, limit=5, at=NOW)
    row = Attachment.objects.get()
    assert (row.limit, row.source) == (5, None)
    with pytest.raises(BadInput, match="attached to this product already"):
        fulfilment.attach_to_product(product, asset, limit=6, at=NOW)


def test_rules_of_two_shops_have_an_order_each():
    shops = [ShopFactory(), ShopFactory()]
    assets = [LinkFactory(shop=shop) for shop in shops]
    rules = [
        fulfilment.rules.save_rule(AttachmentRule(shop=asset.shop, asset=asset, tag=tag))
        for tag in "ab"
        for asset in assets
    ]
    assert [rule.position for rule in rules] == [1, 1, 2, 2]
    fulfilment.rules.move_rule(rules[0], up=False)
    order = AttachmentRule.objects.filter(shop=shops[1]).values_list("tag", flat=True)
    assert list(order) == ["a", "b"]
