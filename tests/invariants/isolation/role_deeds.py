"""Each row of the manual's table of roles: the permissions it tells of, and its deeds.

A deed is a generator over a shop. It makes what it needs, yields what a client does, is sent the
answer, and yields whether it happened.
"""

from django.contrib.auth.models import User
from django_tasks_db.models import DBTaskResult

from downloads import fulfilment
from downloads.models import (
    Account,
    Asset,
    Attachment,
    AuditEntry,
    Customer,
    DataRequest,
    Grant,
    Invitation,
    Mail,
    Membership,
    Message,
    Order,
    Plan,
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
from tests.factories import (
    NOW,
    AttachmentFactory,
    CustomerFactory,
    DeliveryFactory,
    EventFactory,
    GrantFactory,
    LineFactory,
    LinkFactory,
    MailFactory,
    MessageFactory,
    OrderFactory,
    ProductFactory,
    ShopFactory,
)
from tests.invariants.reconciliation.conftest import give_access
from tests.storefront.admin.orders.test_admin import order_form
from tests.storefront.admin.test_products import product_form
from tests.storefront.admin.test_shops import shop_form

SECRET = "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"
TOKEN = "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"
PLATFORM = "https://my-store.myshopify.com"
YES = {"post": "yes"}


def page(what, verb=""):
    """Return the admin's address of a model's list, or of what is done to it or to a row."""
    number = "" if isinstance(what, type) else f"{what.pk}/"
    end = f"{verb}/" if verb else ""
    return f"/admin/{what._meta.app_label}/{what._meta.model_name}/{number}{end}"


def afresh(row):
    return type(row)._default_manager.filter(pk=row.pk).first()


def is_gone(row):
    return afresh(row) is None


# --- Kinds of deed -------------------------------------------------------------------------------


def sees(make, words=None, verb="change"):
    """Look at a row's page, which says some words."""

    def deed(shop):
        row = make(shop)
        response = yield lambda client: client.get(page(row, verb))
        told = words(row) if words else ""
        yield response.status_code == 200 and told in response.content.decode()

    return deed


def lists(make):
    """Look for a row in its list."""

    def deed(shop):
        row = make(shop)
        response = yield lambda client: client.get(page(type(row)))
        yield response.status_code == 200 and row in list(response.context["cl"].queryset)

    return deed


def adds(model, form, **is_there):
    """Send the form of a new row."""

    def deed(shop):
        sent = form(shop)
        yield lambda client: client.post(page(model, "add"), sent)
        yield model._default_manager.filter(**is_there).exists()

    return deed


def edits(make, form, **now):
    """Send the form of a row."""

    def deed(shop):
        row = make(shop)
        sent = form(row)
        yield lambda client: client.post(page(row, "change"), sent)
        yield type(row)._default_manager.filter(pk=row.pk, **now).exists()

    return deed


def deletes(make):
    """Delete a row on its page."""

    def deed(shop):
        row = make(shop)
        yield lambda client: client.post(page(row, "delete"), YES)
        yield is_gone(row)

    return deed


def acts(make, action, happened, **sent):
    """Choose an action for a row in its list."""

    def deed(shop):
        row = make(shop)
        chosen = {"action": action, "_selected_action": row.pk} | sent
        response = yield lambda client: client.post(page(type(row)), chosen)
        yield happened(afresh(row), response)

    return deed


def asks(make, verb, happened, method="post"):
    """Use a button of a row's page."""

    def deed(shop):
        row = make(shop)
        response = yield lambda client: getattr(client, method)(page(row, verb))
        yield happened(afresh(row), response)

    return deed


# --- What they are about -------------------------------------------------------------------------


def grant(shop, **values):
    return GrantFactory(order__shop=shop, **values)


def line(shop):
    return LineFactory(order__shop=shop)


def order(shop, **values):
    return OrderFactory(shop=shop, **values)


def product(shop):
    return ProductFactory(shop=shop)


def attachment(shop):
    return AttachmentFactory(product__shop=shop, limit=10)


def link(shop):
    return LinkFactory(shop=shop)


def customer(shop):
    return CustomerFactory(shop=shop)


def account(shop):
    return Account.objects.create(shop=shop, email="joan@example.com", first_name="Joan")


def mail(shop):
    return MailFactory(shop=shop, state=Mail.State.SET_ASIDE)


def message(shop):
    return MessageFactory(shop=shop, state=Message.State.SET_ASIDE)


def asked(shop):
    return DataRequest.objects.create(shop=shop, platform_id=7, asked_at=NOW)


def entry(shop):
    return AuditEntry.objects.create(at=NOW, shop=shop, actor="ada", what="Changed the plan")


def itself(shop):
    return shop


def member(shop, name="bob", role="support"):
    user = User.objects.create_user(name, is_staff=True)
    return Membership.objects.create(shop=shop, user=user, role=role)


def last_owner(shop):
    """Return the only owner of a shop: the reader, where they are one."""
    owners = Membership.objects.filter(shop=shop, role="owner")
    return owners.first() or member(shop, "only", "owner")


def invitation(shop):
    return fulfilment.invite(shop, "new@example.com", "support", at=NOW)[0]


def storefront_key(shop):
    return StorefrontKey.issue(shop, name="web")[0]


def secret_key(shop):
    return SecretKey.issue(shop, name="server")[0]


def customer_token(shop):
    return CustomerToken.issue(customer(shop), at=NOW)[0]


def webhook_secret(shop):
    return WebhookSecret.keep(shop, source="shopify", secret=SECRET)


def access(shop):
    return give_access(shop, "shopify", PLATFORM)


def key_form(row):
    return {"name": "renamed", "rate_per_minute": 7, "expires_at_0": "", "expires_at_1": ""} | (
        {"allowed_origins": ""} if isinstance(row, StorefrontKey) else {}
    )


def ends_form(row):
    return {"expires_at_0": "2030-01-01", "expires_at_1": "00:00:00"}


def is_revoked(row, response):
    return row.revoked_at is not None


def shows_secret(row, response):
    return response.status_code == 200 and b"<code>" in response.content


# --- Deeds of more than one step -----------------------------------------------------------------


def attaches(shop):
    sold, asset = product(shop), link(shop)
    sent = product_form(sold, {"asset": asset.pk, "limit": 3})
    yield lambda client: client.post(page(sold, "change"), sent)
    yield Attachment.objects.filter(product=sold, asset=asset, limit=3).exists()


def attached_form(held, **values):
    row = {"id": held.pk, "asset": held.asset_id, "limit": 10} | values
    return product_form(held.product, row, initial=1)


def changes_a_limit(shop):
    held = attachment(shop)
    sent = attached_form(held, limit=4)
    yield lambda client: client.post(page(held.product, "change"), sent)
    yield afresh(held).limit == 4


def detaches(shop):
    held = attachment(shop)
    sent = attached_form(held, DELETE="on")
    yield lambda client: client.post(page(held.product, "change"), sent)
    yield is_gone(held)


def applies_limits(shop):
    held = attachment(shop)
    bought = line(shop)
    type(bought).objects.filter(pk=bought.pk).update(product=held.product)
    fulfilment.settle(bought.order, at=NOW)
    Attachment.objects.update(limit=4)
    chosen = {"action": "apply_limits", "_selected_action": held.product_id, "confirmed": "yes"}
    yield lambda client: client.post(page(Product), chosen)
    yield Grant.objects.get(asset=held.asset).bought == 4


def attaches_to_an_order(shop):
    made, asset = order(shop), link(shop)
    row = {"order": made.pk, "asset": asset.pk, "limit": 5, "lifetime_days": ""}
    sent = order_form(number=made.number, customer=made.customer_id, grants=[row])
    yield lambda client: client.post(page(made, "change"), sent)
    yield Grant.objects.filter(order=made, asset=asset).exists()


def makes_an_order_with_a_line(shop):
    sold = product(shop)
    row = {"product": sold.pk, "quantity": 2, "current_quantity": ""}
    sent = order_form(shop=shop.pk, lines=[row])
    yield lambda client: client.post(page(Order, "add"), sent)
    yield Order.objects.filter(shop=shop, number=7, lines__product=sold).exists()


def changes_a_line(shop):
    held = line(shop)
    row = {"id": held.pk, "order": held.order_id, "product": held.product_id, "quantity": 5}
    sent = order_form(lines=[row | {"current_quantity": ""}], held_lines=1)
    yield lambda client: client.post(page(held.order, "change"), sent)
    yield afresh(held).quantity == 5


def leads_to_buyers_page(row, response):
    return response.status_code == 302 and "/orders/" in response["Location"]


def is_waiting(row, response):
    return row.state == type(row).State.WAITING


def held_order(shop):
    return order(shop, hold=Order.Hold.DISPUTE, platform_id=7001)


def is_released(row, response):
    return row.released_at is not None


def change_of_role(shop, role="manager"):
    colleague = member(shop)
    yield lambda client: client.post(page(colleague, "change"), {"role": role})
    yield afresh(colleague).role == role


def invites(shop):
    sent = {"shop": shop.pk, "email": "new@example.com", "role": "support"}
    response = yield lambda client: client.post(page(Invitation, "add"), sent)
    yield shows_secret(None, response) and Invitation.objects.filter(shop=shop).exists()


def demotes_the_last_owner(shop):
    owner = last_owner(shop)
    yield lambda client: client.post(page(owner, "change"), {"role": "support"})
    yield afresh(owner).role == "support"


def named(permissions):
    """Return permissions written as "app: verbs model, verbs model"."""
    return {
        f"{app.strip()}.{verb}_{words.split()[-1]}"
        for part in permissions.split(";")
        for app, _, rest in [part.partition(":")]
        for words in rest.split(",")
        for verb in words.split()[:-1]
    }


# --- The table -----------------------------------------------------------------------------------

DEEDS = {
    "See the shop, its products, assets, orders and downloads, and what happened to each": (
        named(
            "downloads: view shop, view product, view attachment, view asset, view order, "
            "view lineitem, view grant, view delivery, view downloadevent"
        ),
        {
            "shops": lists(itself),
            "a shop": sees(itself),
            "products": lists(product),
            "a product with its assets": sees(
                lambda shop: attachment(shop).product, lambda row: row.attachments.get().asset.title
            ),
            "assets": lists(link),
            "an asset": sees(link),
            "orders": lists(order),
            "an order with its lines": sees(
                lambda shop: line(shop).order, lambda row: row.lines.get().product.name
            ),
            "an order's page": asks(order, "page", leads_to_buyers_page, "get"),
            "downloads": lists(grant),
            "a download with its clicks": sees(
                lambda shop: DeliveryFactory(grant=grant(shop)).grant, lambda row: "led to the link"
            ),
            "events": lists(lambda shop: EventFactory(grant=grant(shop))),
        },
    ),
    "See customers and their accounts, and export what is stored about one": (
        named("downloads: view customer, view account"),
        {
            "customers": lists(customer),
            "a customer": sees(customer),
            "accounts": lists(account),
            "an account": sees(account),
            "an export": acts(
                customer, "export", lambda row, response: row.email.encode() in response.content
            ),
        },
    ),
    "See mails, messages and data requests": (
        named("downloads: view mail, view message, view datarequest"),
        {
            "mails": lists(mail),
            "a mail": sees(mail),
            "messages": lists(message),
            "a message": sees(message),
            "requests": lists(asked),
            "a request": sees(asked),
        },
    ),
    "Reset the count of a download": (
        {"downloads.reset_grant"},
        {"reset": acts(lambda shop: grant(shop, used=3), "reset", lambda row, _: row.used == 0)},
    ),
    "Make, edit and delete products": (
        named("downloads: add change delete product"),
        {
            "make": adds(
                Product,
                lambda shop: product_form(ProductFactory.build(variant_id=77)) | {"shop": shop.pk},
                variant_id=77,
            ),
            "edit": edits(product, lambda row: product_form(row) | {"name": "New"}, name="New"),
            "delete": deletes(product),
        },
    ),
    "Make, edit, withdraw and delete assets": (
        named("downloads: add change delete asset"),
        {
            "make": adds(
                Asset,
                lambda shop: {"shop": shop.pk, "title": "New", "link": "https://a.example/b"},
                title="New",
            ),
            "edit": edits(link, lambda row: {"title": "New", "link": row.link}, title="New"),
            "withdraw": acts(link, "withdraw", lambda row, _: row.withdrawn_at is not None),
            "delete": deletes(link),
        },
    ),
    "Attach assets to products, change their limits, and take them away": (
        named("downloads: add change delete attachment"),
        {
            "attach": attaches,
            "change": changes_a_limit,
            "take away": detaches,
            "apply": applies_limits,
        },
    ),
    "Make, edit, release and delete orders, and end the links to them": (
        named("downloads: add change delete order, add change lineitem"),
        {
            "make": makes_an_order_with_a_line,
            "edit": edits(order, lambda row: order_form(number=8), number=8),
            "edit a line": changes_a_line,
            "release": acts(held_order, "release", is_released),
            "release on its page": asks(held_order, "release", is_released),
            "end links": asks(order, "end-links", lambda row, _: row.ticket_revision == 1),
            "end many links": acts(order, "end_page_links", lambda row, _: row.ticket_revision),
            "delete": deletes(order),
        },
    ),
    "Raise, extend, revoke and restore downloads; attach an asset to an order": (
        named("downloads: add change grant"),
        {
            "raise": acts(grant, "raise_limit", lambda row, _: row.added == 2, amount=2),
            "extend": acts(
                lambda shop: grant(shop, expires_at=NOW),
                "extend",
                lambda row, _: row.expires_at > NOW,
                amount=2,
            ),
            "revoke": acts(grant, "revoke", lambda row, _: row.withdrawn_at is not None),
            "restore": acts(
                lambda shop: grant(shop, withdrawn_at=NOW),
                "restore",
                lambda row, _: row.withdrawn_at is None,
            ),
            "attach": attaches_to_an_order,
        },
    ),
    "Make, edit, erase and delete customers": (
        named("downloads: add change delete customer"),
        {
            "make": adds(
                Customer,
                lambda shop: {"shop": shop.pk, "email": "joan@b.example"},
                email__startswith="joan",
            ),
            "edit": edits(customer, lambda row: {"first_name": "Joan"}, first_name="Joan"),
            "erase": acts(
                customer, "erase", lambda row, _: row.erased_at is not None, confirmed="yes"
            ),
            "delete": deletes(customer),
        },
    ),
    "Make the link to choose an account's password; delete an account": (
        named("downloads: change delete account"),
        {
            "link": acts(account, "make_password_link", shows_secret),
            "mail": acts(account, "mail_password_link", lambda row, _: row.shop.mails.exists()),
            "delete": deletes(account),
        },
    ),
    "Send mails again, try messages again, mark data requests as answered": (
        named("downloads: change mail, change message, change datarequest"),
        {
            "mail": acts(mail, "send_again", is_waiting),
            "message": acts(message, "try_again", is_waiting),
            "request": acts(asked, "mark_as_answered", lambda row, _: row.answered_at is not None),
        },
    ),
    "Edit the shop's page, mails and policies": (
        {"downloads.change_shop"},
        {
            "page": edits(itself, lambda row: shop_form(row, page_title="Mine"), page_title="Mine"),
            "mails": edits(itself, lambda row: shop_form(row, language="he"), language="he"),
            "policies": edits(
                itself, lambda row: shop_form(row, opens_when="placed"), opens_when="placed"
            ),
        },
    ),
    "Read the audit trail": (
        {"downloads.view_auditentry"},
        {"entries": lists(entry), "an entry": sees(entry)},
    ),
    "Choose the shop's plan": (
        {"downloads.choose_plan"},
        {"choose": edits(itself, lambda row: shop_form(row, plan="free"), plan="free")},
    ),
    "Change roles and remove staff": (
        named("downloads: view change delete membership"),
        {
            "see": lists(member),
            "change": change_of_role,
            "make an owner": lambda shop: change_of_role(shop, "owner"),
            "remove": deletes(member),
        },
    ),
    "Invite staff and withdraw invitations": (
        named("downloads: view add delete invitation"),
        {"see": lists(invitation), "invite": invites, "withdraw": deletes(invitation)},
    ),
    "Make, rotate, limit and revoke storefront keys": (
        named("storefront: view add change storefrontkey"),
        {
            "see": lists(storefront_key),
            "make": acts(itself, "make_storefront_key", shows_secret),
            "limit": edits(storefront_key, key_form, rate_per_minute=7, name="renamed"),
            "rotate": acts(storefront_key, "rotate", shows_secret),
            "revoke": acts(storefront_key, "revoke", is_revoked),
        },
    ),
    "Make, rotate, limit and revoke secret keys": (
        named("storefront: view add change secretkey"),
        {
            "see": lists(secret_key),
            "make": acts(itself, "make_secret_key", shows_secret),
            "limit": edits(secret_key, key_form, rate_per_minute=7, name="renamed"),
            "rotate": acts(secret_key, "rotate", shows_secret),
            "revoke": acts(secret_key, "revoke", is_revoked),
        },
    ),
    "Make, revoke and delete customer tokens": (
        named("storefront: view add change delete customertoken"),
        {
            "see": lists(customer_token),
            "make": acts(customer, "make_customer_token", shows_secret),
            "change": edits(customer_token, ends_form, expires_at__year=2030),
            "revoke": acts(customer_token, "revoke", is_revoked),
            "delete": deletes(customer_token),
        },
    ),
    "Enter, revoke and delete webhook secrets": (
        named("storefront: view add change delete webhooksecret"),
        {
            "see": lists(webhook_secret),
            "enter": adds(
                WebhookSecret,
                lambda shop: {"shop": shop.pk, "source": "shopify", "secret": SECRET},
                hint=SECRET[-4:],
            ),
            "change": edits(webhook_secret, ends_form, expires_at__year=2030),
            "revoke": acts(webhook_secret, "revoke", is_revoked),
            "delete": deletes(webhook_secret),
        },
    ),
    "Enter, change and delete access to the shop's platform, and reconcile": (
        named("storefront: view add change delete platformaccess"),
        {
            "see": lists(access),
            "enter": adds(
                PlatformAccess,
                lambda shop: {
                    "shop": shop.pk,
                    "source": "shopify",
                    "address": PLATFORM,
                    "key": "",
                    "secret": TOKEN,
                },
                hint=TOKEN[-4:],
            ),
            "change": edits(
                access,
                lambda row: {"address": PLATFORM, "key": "", "secret": TOKEN},
                hint=TOKEN[-4:],
            ),
            "reconcile": acts(access, "reconcile", lambda row, _: DBTaskResult.objects.exists()),
            "delete": deletes(access),
        },
    ),
    "Take a shop's last owner away": (
        set(),
        {"demote": demotes_the_last_owner, "remove": deletes(last_owner)},
    ),
    "Change the shop's domain": (
        set(),
        {"change": edits(itself, lambda row: shop_form(row, domain="b.eu"), domain="b.eu")},
    ),
    "Make and delete shops; make and change plans": (
        set(),
        {
            "make a shop": adds(
                Shop,
                lambda shop: shop_form(ShopFactory.build(domain="c.example")),
                domain="c.example",
            ),
            "delete a shop": deletes(itself),
            "make a plan": adds(Plan, lambda shop: {"name": "gold"}, name="gold"),
            "change a plan": edits(
                lambda shop: Plan.objects.get(name="free"),
                lambda row: {"customer_account_links": "on"},
                customer_account_links=True,
            ),
        },
    ),
    "Make, change and delete people's sign-ins": (
        set(),
        {
            "see": lists(lambda shop: member(shop).user),
            "make": adds(
                User,
                lambda shop: {
                    "username": "joan",
                    "usable_password": "true",
                    "password1": SECRET,
                    "password2": SECRET,
                },
                username="joan",
            ),
            "delete": deletes(lambda shop: member(shop).user),
        },
    ),
}
