"""Rules in the admin: what one matches is shown before it is saved."""

import pytest

from downloads.models import Attachment, AttachmentRule
from tests.factories import (
    AttachmentRuleFactory,
    LineFactory,
    LinkFactory,
    OrderFactory,
    ProductFactory,
    ShopFactory,
)
from tests.storefront.admin.rendered import address, enter, form_of, save, sign_in


@pytest.fixture
def shop(db):
    return ShopFactory()


@pytest.fixture
def asset(shop):
    return LinkFactory(shop=shop, title="Guide")


@pytest.fixture
def app(django_app, shop):
    sign_in(django_app, "manager", shop)
    return django_app


def new_form(app, asset, **typed):
    url = f"{address(AttachmentRule, 'add')}?asset={asset.pk}&shop={asset.shop_id}"
    form = form_of(app.get(url), AttachmentRule)
    enter(form, typed)
    return form


@pytest.mark.slow
def test_a_rule_is_saved_after_it_was_shown_what_it_matches(app, shop, asset):
    book = ProductFactory(shop=shop, name="Book", tags=["Digital"])
    ProductFactory(shop=shop, name="Mug")
    ProductFactory(name="Elsewhere", tags=["digital"])
    LineFactory(order=OrderFactory(shop=shop), product=book)
    page = new_form(app, asset, tag="digital").submit("_save")
    assert "This matches 1 variant." in page.text
    assert "Nothing is saved yet" in page.text
    assert [each.get_text() for each in page.html.select("#rule-preview-card li")] == ["Book"]
    assert page.html.select(".errornote, .errorlist") == []
    assert not AttachmentRule.objects.exists()
    answer = form_of(page, AttachmentRule).submit("_save").follow()
    assert "Buyers of 1 variant get the file by this rule." in answer.text
    assert "Give it to past orders…" in answer.text
    assert Attachment.objects.get().product == book


def test_what_was_changed_since_is_shown_anew(app, shop, asset):
    page = new_form(app, asset, tag="digital").submit("_save")
    form = form_of(page, AttachmentRule)
    form["tag"] = "paper"
    assert "This matches 0 variants." in form.submit("_save").text
    assert not AttachmentRule.objects.exists()


def test_a_change_of_limit_alone_is_saved_at_once(app, shop, asset):
    rule = AttachmentRuleFactory(shop=shop, asset=asset, tag="digital")
    page = app.get(address(AttachmentRule, "change", rule.pk))
    assert save(form_of(page, AttachmentRule), limit="7").status == 302
    rule.refresh_from_db()
    assert rule.limit == 7


@pytest.mark.parametrize(
    ("typed", "error"),
    [
        ({}, "Enter which products it is for"),
        ({"product_number": "x"}, "Enter a whole number."),
        ({"tag": "a", "limit": "0"}, "Enter a whole number from 1"),
    ],
)
def test_what_is_wrong_is_said(app, asset, typed, error):
    page = new_form(app, asset, **typed).submit("_save")
    assert error in " ".join(each.get_text() for each in page.html.select(".errorlist li"))
    assert "rule-preview" not in page.text


def test_another_shops_file_is_refused(app, shop, asset):
    form = new_form(app, asset, tag="a")
    form["asset"].force_value(str(LinkFactory().pk))
    assert "valid choice" in form.submit("_save").text


def test_too_many_rules_are_refused_on_the_page(app, asset, settings):
    settings.SHOP_MAX_RULES = 1
    AttachmentRuleFactory(shop=asset.shop, asset=asset)
    assert "1 rules already" in new_form(app, asset, tag="a").submit("_save").text


def test_a_rule_that_matches_too_much_is_refused_on_the_page(app, asset, settings):
    settings.RULE_MAX_VARIANTS = 1
    for _ in range(2):
        ProductFactory(shop=asset.shop, tags=["a"])
    page = new_form(app, asset, tag="a").submit("_save")
    assert "This matches 2 variants; a rule may match 1 at most." in page.text
    assert not AttachmentRule.objects.exists()


def test_rules_are_moved_by_a_press(app, shop, asset):
    first, second = (
        AttachmentRuleFactory(shop=shop, asset=asset, tag=tag, position=place)
        for place, tag in enumerate("ab", start=1)
    )
    page = app.get(address(AttachmentRule, "change", second.pk))
    [form] = [form for form in page.forms.values() if form.action.endswith("/move/")]
    form.submit("way", index=0)
    assert list(AttachmentRule.objects.all()) == [second, first]
    assert "There is no rule beyond it" in form.submit("way", index=0).follow().text


def test_deleting_a_rule_asks_first_and_keeps_nothing_of_it(app, shop, asset):
    ProductFactory(shop=shop, tags=["digital"])
    page = new_form(app, asset, tag="digital").submit("_save")
    form_of(page, AttachmentRule).submit("_save")
    rule = AttachmentRule.objects.get()
    page = app.get(address(AttachmentRule, "delete", rule.pk))
    assert "Guide with tag digital" in page.text
    next(form for form in page.forms.values() if "post" in form.fields).submit()
    assert (AttachmentRule.objects.count(), Attachment.objects.count()) == (0, 0)


def test_the_list_asks_the_same_for_one_and_for_many(
    app, shop, asset, django_assert_max_num_queries
):
    AttachmentRuleFactory(shop=shop, asset=asset)
    url = address(AttachmentRule, "changelist")
    app.get(url)
    with django_assert_max_num_queries(12) as one:
        app.get(url)
    for number in range(5):
        AttachmentRuleFactory(shop=shop, asset=LinkFactory(shop=shop), product_number=number)
    with django_assert_max_num_queries(len(one)):
        app.get(url)
