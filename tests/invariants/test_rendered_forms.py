"""Every form that a template renders does its act when a browser sends it as it stands.

The admin's forms of rows are tested one by one in tests/storefront/admin/test_base_forms.py; these
are all others. No field is named here that a person does not fill in.
"""

import re
from datetime import timedelta
from pathlib import Path

import pytest
from django.conf import settings
from django.contrib.auth.models import User
from django.test import Client
from webtest import Upload

from downloads import fulfilment
from downloads.models import (
    Account,
    AttachmentRule,
    AttachmentTable,
    Customer,
    Delivery,
    FirstSteps,
    Grant,
    LinkRequest,
    Mail,
    Membership,
    Product,
)
from storefront.admin.attachments import csv_forms
from storefront.backfills.attaching import attach_in_background
from storefront.models import Backfill, PasswordRequest, StaffSession
from storefront.signed_urls import account_url, new_click
from storefront.staff import two_factor
from tests.factories import (
    NOW,
    AttachmentFactory,
    CustomerFactory,
    GrantFactory,
    LineFactory,
    LinkFactory,
    MessageFactory,
    OrderFactory,
    ProductFactory,
    RefundFactory,
    ShopFactory,
)
from tests.invariants.reconciliation.in_process import serve
from tests.invariants.reconciliation.shopify import ShopifyShop
from tests.invariants.reconciliation.shopify_set_up import CLIENT_ID, CLIENT_SECRET
from tests.storefront.staff.conftest import CODE, LOGIN, OWN, PASSWORD, SESSIONS, SET_UP, code_of

TEMPLATES = Path(settings.BASE_DIR) / "templates"
TOKEN = "0c732eb6fd9802a0821a9d29888baee8"
NEW_PASSWORD = "seventeen blue horses"
LATER = NOW + timedelta(days=1)
# A browser's own words: without them a click is answered as a program's.
BROWSER = {"Accept": "text/html,application/xhtml+xml;q=0.9,*/*;q=0.8"}

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _now(frozen):
    frozen(NOW)


@pytest.fixture
def ada(db):
    return User.objects.create_superuser("ada@example.com", "ada@example.com", PASSWORD)


@pytest.fixture
def sign_in(django_app, ada):
    """Return a function that signs ada in by the form and returns the page she comes to."""

    def send():
        form = django_app.get(LOGIN).forms["login-form"]
        form["username"], form["password"] = ada.username, PASSWORD
        return form.submit().maybe_follow()

    return send


def form_in(page, button):
    """Return the form on a page that has this button."""
    forms = {id(form): form for form in page.forms.values()}.values()
    (form,) = [form for form in forms if button in form.text]
    return form


def send(page, button, **entered):
    """Fill in the form that has this button, press it, and return the page it leads to."""
    form = form_in(page, button)
    for name, value in entered.items():
        form[name] = value
    return form.submit(headers=BROWSER, expect_errors=True).maybe_follow()


# --- Buyers --------------------------------------------------------------------------------------


def test_new_password(django_app):
    names = {"first_name": "Ada", "last_name": "Lovelace", "password": "first come"}
    fulfilment.register(ShopFactory(), at=NOW, email="ada@example.com", **names)
    path = account_url(Account.objects.get(), at=NOW).removeprefix("http://localhost:8000")
    send(django_app.get(path), "password", password=NEW_PASSWORD, again=NEW_PASSWORD)
    assert Account.objects.get().confirmed_at == NOW


def test_links(django_app):
    send(django_app.get("/links"), "Send the links", email="ada@example.com")
    assert LinkRequest.objects.get().email == "ada@example.com"


def test_staff_forgotten(django_app):
    send(django_app.get("/admin/forgotten-password/"), "Send the link", name="ada")
    assert PasswordRequest.objects.get().reveal() == "ada"


def test_items_and_refusal(django_app, frozen):
    line = LineFactory(order__token=TOKEN)
    AttachmentFactory(product=line.product)
    fulfilment.settle(line.order, at=NOW)
    form = form_in(django_app.get(f"/orders/{TOKEN}", headers=BROWSER), "Open")
    assert form.submit(headers=BROWSER).status_code == 303
    assert line.order.grants.get().used == 1
    # The click is over, and its page offers another one.
    grant, end = line.order.grants.get(), LATER + timedelta(days=1)
    click = new_click(grant, at=NOW, valid_until=end)
    fulfilment.spend(grant, nonce=click.nonce, valid_until=end, at=NOW)
    frozen(LATER)
    page = django_app.get(click.path, headers=BROWSER, expect_errors=True)
    assert form_in(page, "Download again").submit(headers=BROWSER).status_code == 303
    assert Delivery.objects.count() == 3


def test_find(django_app):
    order = OrderFactory(token=TOKEN)
    for number in range(11):
        line = LineFactory(order=order)
        AttachmentFactory(product=line.product, asset__title=f"Sheet {number}")
    fulfilment.settle(order, at=NOW)
    form = form_in(django_app.get(f"/orders/{TOKEN}?lang=de", headers=BROWSER), "find")
    form["find"] = "sheet 7"
    page = form.submit(headers=BROWSER)
    assert [title.get_text() for title in page.html.select("h3")] == ["Sheet 7"]
    assert page.headers["Content-Language"] == "de"


def test_invitation_of_a_newcomer(django_app):
    token = fulfilment.memberships.invite(ShopFactory(), "eve@example.com", "manager", at=NOW)[1]
    page = django_app.get(f"/invitations/{token}")
    send(page, "password", password=NEW_PASSWORD, again=NEW_PASSWORD)
    assert Membership.objects.get(user__username="eve@example.com").role == "manager"


# --- Staff ---------------------------------------------------------------------------------------


def test_invitation_accept(django_app, sign_in, ada):
    sign_in()
    token = fulfilment.memberships.invite(ShopFactory(), ada.username, "manager", at=NOW)[1]
    page = django_app.get(f"/admin/downloads/invitation/accept/{token}/")
    send(page, "Accept the invitation")
    assert Membership.objects.get(user=ada).role == "manager"


def test_second_factor(django_app, sign_in, ada, frozen):
    sign_in()
    page = django_app.get(SET_UP)
    key = re.search(r"<code>([A-Z2-7 ]+)</code>", page.text)[1].replace(" ", "")
    send(page, "Set up", code=code_of(key))
    assert two_factor.codes_left(ada) == 10
    # Asked for at the next sign-in; whoever has none leaves by the button.
    frozen(LATER)
    django_app.reset()
    page = sign_in()
    assert page.request.path == CODE
    send(page, "Sign in as somebody else")
    assert send(sign_in(), "Go on", code=code_of(key, at=LATER)).request.path == "/admin/"
    # Removed.
    frozen(LATER + timedelta(minutes=5))
    page = django_app.get(OWN)
    form = form_in(page, "Remove the second factor")
    form["code"] = code_of(key, at=LATER + timedelta(minutes=5))
    form.submit("act", value="remove")
    assert two_factor.codes_left(ada) == 0


def test_sessions(django_app, sign_in, ada):
    other = Client()
    other.force_login(ada)
    sign_in()
    before = StaffSession.objects.count()
    page = django_app.get(SESSIONS)
    forms = {id(form): form for form in page.forms.values() if "End" in form.text}.values()
    next(iter(forms)).submit("session")
    assert StaffSession.objects.count() == before - 1


def test_first_steps(django_app, sign_in):
    shop = ShopFactory()
    sign_in()
    page = django_app.get("/admin/")
    form_in(page, "Put away").submit()
    assert FirstSteps.objects.get().shop == shop


def test_search(django_app, sign_in):
    line = LineFactory(order__number=1050)
    sign_in()
    products = django_app.get("/admin/downloads/product/")
    page = send(products, "site-search", q="#1050")
    assert page.request.path == f"/admin/downloads/order/{line.order.pk}/change/"
    page = send(products, "searchbar", q=line.product.name)
    assert line.product.name in page.text


def test_in_use(django_app, sign_in):
    asset = LinkFactory()
    GrantFactory(asset=asset)
    sign_in()
    page = django_app.get(f"/admin/downloads/asset/{asset.pk}/delete/")
    page = form_in(page, "_selected_action").submit("index", headers=BROWSER).follow()
    assert "1 withdrawn" in page.text


# --- What stands on a page in between ------------------------------------------------------------


def act(page, action, *rows):
    """Tick rows of a list, choose an action, and press "Go"."""
    form = page.forms["changelist-form"]
    form["action"] = action
    for box in form.fields["_selected_action"]:
        box.checked = box._value in {str(row.pk) for row in rows}
    return form.submit("index", value="0")


def test_erase_customers(django_app, sign_in):
    customer, _kept = CustomerFactory(), CustomerFactory()
    sign_in()
    page = act(django_app.get("/admin/downloads/customer/"), "erase", customer)
    send(page, "Erase for good")
    assert [row.erased_at for row in Customer.objects.order_by("pk")] == [NOW, None]


def test_apply_limits(django_app, sign_in):
    line = LineFactory()
    attachment = AttachmentFactory(product=line.product, limit=3)
    fulfilment.settle(line.order, at=NOW)
    attachment.limit = 5
    attachment.save()
    sign_in()
    page = act(django_app.get("/admin/downloads/product/"), "apply_limits", line.product)
    send(page, "Apply")
    assert line.order.grants.get().bought == 5


def test_merge(django_app, sign_in):
    customer = CustomerFactory(first_name="Ada", last_name="Byron")
    same = {"first_name": "Ada", "last_name": "Byron"}
    other = CustomerFactory(shop=customer.shop, **same)
    sign_in()
    page = django_app.get(f"/admin/downloads/customer/{customer.pk}/merge/")
    page = form_in(page, "Look at the merge").submit("into", index=0)
    page = send(page, "Merge them")
    customer.refresh_from_db()
    assert customer.merged_into == other
    send(page, "Take them apart")
    customer.refresh_from_db()
    assert customer.merged_into is None


def test_message(django_app, sign_in):
    message = MessageFactory(state="set_aside")
    sign_in()
    send(django_app.get(f"/admin/downloads/message/{message.pk}/change/"), "Apply again")
    message.refresh_from_db()
    assert message.state == "waiting"


def test_desk(django_app, sign_in):
    refund = RefundFactory()
    order = OrderFactory(shop=refund.shop, platform_id=refund.order_platform_id)
    sign_in()
    page = django_app.get(f"/admin/downloads/order/{order.pk}/change/")
    page = form_in(page, "This was a mistake").submit("refund", index=0)
    send(page, "It was a mistake")
    refund.refresh_from_db()
    assert refund.dismissed_at == NOW


def test_connect(django_app, sign_in, monkeypatch, settings):
    settings.PUBLIC_BASE_URL = "https://downloads.example"
    standin = ShopifyShop(bucket=10**6)
    serve(standin, monkeypatch)
    shop = ShopFactory()
    sign_in()
    start = django_app.get("/admin/")
    # Three clicks from the start page, and a name and two values that are copied.
    page = start.click("^Connections$", index=0).click("^Shopify$")
    form = form_in(page, "Test and connect")
    form["address"], form["key"], form["signs_with"] = "my-store", CLIENT_ID, CLIENT_SECRET
    page = form.submit().follow()
    assert shop.platform_accesses.get().connected_at is not None
    assert "Waiting for the first message" in page
    standin.drop_subscriptions()
    page = send(page, "Test now")
    assert "were missing and made again" in page
    assert standin.subscriptions


def test_order_screen(django_app, sign_in):
    line = LineFactory(order__email="ada@exmaple.com")
    order, url = line.order, f"/admin/downloads/order/{line.order.pk}/change/"
    AttachmentFactory(product=line.product, limit=3)
    fulfilment.settle(order, at=NOW)
    Grant.objects.update(used=3)
    sign_in()
    page = send(django_app.get(url), "Reset")
    page = send(page, "Allow more", amount="2")
    page = send(page, "Withdraw")
    page = send(page, "Restore")
    page = send(page, "Send it there once", email="ada@work.example")
    page = send(page, "Correct the address and send", email="ada@example.com")
    page = send(page, "Keep the note", text="Called back.")
    grant = Grant.objects.get()
    assert (grant.used, grant.bought, grant.withdrawn_at) == (0, 5, None)
    assert set(order.staff_notes.values_list("kind", flat=True)) == {
        "note",
        "corrected",
        "forwarded",
    }
    assert "/orders/" in send(page, "Copy the link").text


# --- None is forgotten ---------------------------------------------------------------------------


def attaching(sign_in):
    """Return a variant that a rule attaches a file to, signed in as who may change it."""
    sign_in()
    asset = LinkFactory()
    product = ProductFactory(shop=asset.shop, product_id=9)
    rule = fulfilment.rules.save_rule(AttachmentRule(shop=asset.shop, asset=asset, tag="pdf"))
    product.tags = ["pdf"]
    fulfilment.edit_product(product, ["tags"])
    return product, asset, rule


def test_mail_on_trial(django_app, sign_in, ada):
    shop = ShopFactory()
    sign_in()
    page = django_app.get(f"/admin/downloads/shop/{shop.pk}/change/")
    send(page, "Send me a test mail")
    assert Mail.objects.get().email == ada.email


def test_leave_out(django_app, sign_in):
    product, _asset, _rule = attaching(sign_in)
    page = django_app.get(f"/admin/downloads/product/{product.pk}/change/")
    form_in(page, ">Not this file<").submit("attachment")
    assert product.attachments.get().is_left_out


def test_attach_to_products(django_app, sign_in):
    _product, asset, _rule = attaching(sign_in)
    page = django_app.get(f"/admin/downloads/asset/{asset.pk}/attach/")
    form = form_in(page, "Product numbers")
    form["product"].checked = True
    form.submit()
    assert AttachmentRule.objects.filter(product_number=9).exists()
    found = send(page, "Find", q="nothing of that")
    assert "No product is found" in found.text


def test_attach_file(django_app, sign_in):
    product, asset, _rule = attaching(sign_in)
    form = django_app.get("/admin/downloads/product/").forms["changelist-form"]
    form["action"] = "attach_file"
    form["_selected_action"].checked = True
    form = form_in(form.submit("index"), "these variants alone")
    form["asset"] = str(asset.pk)
    form["reach"] = "variants"
    form.submit()
    assert product.attachments.get().source is None


def test_attach_by_csv(django_app, sign_in):
    product, asset, _rule = attaching(sign_in)
    Product.objects.update(sku="BOOK")
    form = form_in(django_app.get("/admin/downloads/product/attach-by-csv/"), "Check the file")
    rows = f"sku,file,limit,days\nBOOK,{asset.title},4,\nNONE,{asset.title},,\n"
    form["upload"] = Upload("rows.csv", rows.encode())
    page = form.submit().follow()
    form = form_in(page, "attach the good rows only")
    form["mode"] = "good"
    form.submit()
    assert (product.attachments.get().source, product.attachments.get().limit) == (None, 4)


def test_attach_table(django_app, sign_in, monkeypatch):
    product, asset, _rule = attaching(sign_in)
    Product.objects.update(sku="BOOK")
    monkeypatch.setattr(csv_forms, "MOST_AT_ONCE", 1)
    form = form_in(django_app.get("/admin/downloads/product/attach-by-csv/"), "Check the file")
    rows = f"sku,file,limit,days\nBOOK,{asset.title},4,\nNONE,{asset.title},,\n"
    form["upload"] = Upload("rows.csv", rows.encode())
    page = form.submit().follow()
    attach_in_background.func(AttachmentTable.objects.get().pk)
    form = form_in(django_app.get(page.request.path), "attach the good rows only")
    form["mode"] = "good"
    form.submit()
    attach_in_background.func(AttachmentTable.objects.get().pk)
    assert (product.attachments.get().source, product.attachments.get().limit) == (None, 4)


def test_past_orders(django_app, sign_in):
    product, asset, _rule = attaching(sign_in)
    LineFactory(order=OrderFactory(shop=asset.shop), product=product)
    page = django_app.get(f"/admin/downloads/asset/{asset.pk}/past-orders/")
    send(page, "Give it to past orders")
    assert Backfill.objects.get().total == 1


def test_move_rule(django_app, sign_in):
    _product, asset, rule = attaching(sign_in)
    other = fulfilment.rules.save_rule(AttachmentRule(shop=asset.shop, asset=asset, tag="epub"))
    page = django_app.get(f"/admin/downloads/attachmentrule/{rule.pk}/change/")
    form_in(page, "Move down").submit("way", value="down")
    assert list(AttachmentRule.objects.all()) == [other, rule]


TESTED = {
    "admin/base_site.html": test_search,
    "admin/downloads/apply_limits.html": test_apply_limits,
    "admin/downloads/asset/attach.html": test_attach_to_products,
    "admin/downloads/asset/past_orders.html": test_past_orders,
    "admin/downloads/attachmentrule/change_form.html": test_move_rule,
    "admin/downloads/customer/change_form.html": test_merge,
    "admin/downloads/customer/merge.html": test_merge,
    "admin/downloads/erase_customers.html": test_erase_customers,
    "admin/downloads/message/change_form.html": test_message,
    "admin/downloads/order/buyer.html": test_order_screen,
    "admin/downloads/order/desk.html": test_desk,
    "admin/downloads/order/dismiss.html": test_desk,
    "admin/downloads/order/notes.html": test_order_screen,
    "admin/downloads/order/row.html": test_order_screen,
    "admin/downloads/order/screen.html": test_order_screen,
    "admin/downloads/product/attach.html": test_attach_file,
    "admin/downloads/product/attach_by_csv.html": test_attach_by_csv,
    "admin/downloads/product/attach_csv_preview.html": test_attach_by_csv,
    "admin/downloads/product/attach_table.html": test_attach_table,
    "admin/downloads/product/change_form.html": test_leave_out,
    "admin/downloads/shop/change_form.html": test_mail_on_trial,
    "admin/in_use.html": test_in_use,
    "admin/search.html": test_search,
    "admin/storefront/platformaccess/change_form.html": test_connect,
    "admin/storefront/platformaccess/connect.html": test_connect,
    "admin/search_form.html": test_search,
    "admin/second_factor.html": test_second_factor,
    "admin/second_factor_own.html": test_second_factor,
    "admin/second_factor_set_up.html": test_second_factor,
    "admin/sessions.html": test_sessions,
    "admin/start/steps.html": test_first_steps,
    "invitation_accept.html": test_invitation_accept,
    "items.html": test_items_and_refusal,
    "links.html": test_links,
    "new_password.html": test_new_password,
    "order.html": test_find,
    "refusal.html": test_items_and_refusal,
    "staff_forgotten.html": test_staff_forgotten,
}


def test_every_template_with_a_form_is_tested():
    forms = {
        str(path.relative_to(TEMPLATES))
        for path in TEMPLATES.rglob("*.html")
        if "<form" in path.read_text(encoding="utf-8")
    }
    assert forms == set(TESTED)
