"""The manual's table of roles over the admin's columns: what it allows happens, what it does not
moves nothing, and no answer holds a word of another shop.

Everybody here but superusers owns another shop too: it is the role in the row's own shop that
counts. In the fast run the least role that may and the greatest that may not, in `make test-all`
each. Superusers are asked about the shop of which the others see nothing, so that each cell about
that one (`test_cells.py`) could fail.
"""

import re

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import User
from django.core.files.base import ContentFile
from django_tasks_db.models import DBTaskResult

from downloads import fulfilment
from downloads.fulfilment import desk
from downloads.models import (
    Attachment,
    Customer,
    Grant,
    LineItem,
    Mail,
    Membership,
    Order,
    Product,
    Refund,
    RefundedLine,
    Shop,
)
from storefront.admin.base import permission_of
from storefront.docs.manual import FOLDER
from storefront.models import CustomerToken, OrderImport
from storefront.staff.roles import PERMISSIONS
from tests.factories import NOW, ShopFactory
from tests.invariants.isolation.asking import leaks_of
from tests.invariants.isolation.role_deeds import DEEDS, OF_SUPERUSERS, posted
from tests.invariants.isolation.table import (
    BESIDES,
    MODELS,
    about,
    address,
    ask,
    columns,
    forms_of,
    rows_in,
    rows_shown,
    undone,
)

MANUAL = (FOLDER / "merchants.md").read_text(encoding="utf-8")
ROLES = ("support", "manager", "owner", "superuser")
VERBS = {
    "changelist": "view",
    "change": "view",
    "add POST": "add",
    "change POST": "change",
    "delete POST": "delete",
    "delete_selected POST": "delete",
}


# What is told by a permission and done elsewhere, and what finds nothing to do here.
OF_NOBODY = posted(
    "grant.add grant.change mail.change message.change account.change datarequest.change "
    "storefrontkey.add secretkey.add customertoken.add plan.change plan.delete "
    "plan.delete_selected shop.delete shop.delete_selected user.unlock "
    "user.remove_second_factor user.end_all_sessions user.mail_password_link "
    "orderimport.change orderimport.delete_selected"
)
# What is sent to a page and is no question.
WRITING = {"add", "change", "delete", "delete_selected"}
# They mail a buyer what waits for other reasons here; never asked, and told by no row of its own.
MAILING = posted("order.send_mail order.order_mail")


def read_table():
    """Return what each row of the table says, by its words and then by role."""
    table = MANUAL.partition("| What | Support | Manager | Owner | Superuser |\n")[2]
    rows = re.findall(r"^\| (.*?) \| (.*?) \| (.*?) \| (.*?) \| (.*?) \|$",
                      table.partition("\n\n")[0], re.MULTILINE)  # fmt: skip
    return {what: dict(zip(ROLES, cells, strict=True)) for what, *cells in rows}


TABLE = read_table()


def told_by(column):
    """Return the words of the manual's row that tells of a column, None where none does."""
    verb = VERBS.get(str(column).partition(".")[2], "nothing")
    asked = permission_of(column.model, verb)
    for what, (permissions, names) in DEEDS.items():
        if asked in permissions | OF_SUPERUSERS.get(what, set()) or str(column) in names:
            return what
    return None


def all_columns(model, owner):
    return [*columns(model), *forms_of(model, owner)]


def moving(models):
    """Look at all rows but what a form that was saved unchanged may write."""
    return rows_in(models - {LogEntry, DBTaskResult})


def happened(cell, column):
    """Say whether what was asked for was done or shown."""
    headers = dict(cell.answer.headers)
    if column.name == "changelist":
        return "/(asked for)/change/" in cell.answer.body
    if column.form is None:
        return cell.answer.status == 200 or "/orders/" in headers.get("Location", "")
    is_woken = column.name == "reconcile" and DBTaskResult in cell.written
    # No platform can be asked here: whoever may not ask does not come so far.
    is_woken |= any("could not be fetched" in told for told in cell.answer.messages)
    return cell.is_moved or is_woken or "Content-Disposition" in headers


def may(what, role):
    return role == "superuser" if what is None else TABLE[what][role] == "yes"


def is_asked(column, what, role):
    """Say whether a cell is true or false at all: what no row tells of is no role's to send."""
    if str(column) in MAILING:
        return False
    return what is not None or (
        column.form is not None and column.name in WRITING and role != "superuser"
    )


def is_at_the_edge(what, role):
    """Say whether a role is the least that may, or the greatest that may not."""
    least = next(number for number, each in enumerate(ROLES) if may(what, each))
    return ROLES.index(role) in {least, least - 1}


def grants(shop):
    return Grant.objects.filter(order__shop=shop)


def forget_tokens(shop):
    CustomerToken.objects.filter(customer__shop=shop).delete()


def merge_each(shop):
    """Make every buyer of a shop one with one more."""
    root = Customer.objects.create(shop=shop)
    shop.customers.exclude(pk=root.pk).update(merged_into=root, person=root)


def lose_products(shop):
    """Leave every line of a shop without a product's number, and without what it brought."""
    Grant.objects.filter(order__shop=shop).update(replaced=True)
    lines = LineItem.objects.filter(order__shop=shop)
    attached = Product.objects.filter(shop=shop, attachments__isnull=False).first()
    bare = Product.objects.create(shop=shop, name=attached.name, variant_name=attached.variant_name)
    lines.update(product=bare)
    RefundedLine.objects.filter(refund__shop=shop).delete()
    shop.orders.update(parent_platform_id=None)


def attach_later(shop):
    """Attach each asset to what was bought before, so that the buyers lack it."""
    shop.orders.update(parent_platform_id=None)
    bought = Product.objects.filter(shop=shop, lines__order__shop=shop).first()
    for asset in shop.assets.all():
        Attachment.objects.get_or_create(product=bought, asset=asset)


def give_addresses(shop):
    """Give whoever asks a mail address."""
    User.objects.filter(email="").update(email="asker@example.com")


def leave_notes(shop):
    """Leave a note on each order, of somebody who is asked nothing."""
    for order in shop.orders.all():
        desk.write_note(order, "Called back.", at=NOW)


def refuse_rows(shop):
    """Give each import a file of the rows that were refused."""
    for row in shop.order_imports.all():
        row.refused_file.save("refused.csv", ContentFile(b"line,order\n"))


# What an act needs to find, or what stands in its way: who may not delete that deletes no more.
READY = {
    "order.release POST": lambda shop: shop.orders.update(hold=Order.Hold.DISPUTE),
    "order.order_release POST": lambda shop: shop.orders.update(hold=Order.Hold.DISPUTE),
    "order.order_count_again POST": lambda shop: Refund.objects.filter(shop=shop).update(
        dismissed_at=NOW
    ),
    "order.order_match POST": lose_products,
    "customer.customer_merge POST": lambda shop: Customer.objects.create(shop=shop),
    "customer.customer_unmerge POST": merge_each,
    "orderimport.import_proceed POST": lambda shop: shop.order_imports.update(
        state=OrderImport.State.CHECKED
    ),
    "orderimport.import_refused": refuse_rows,
    "mail.send_again POST": lambda shop: shop.mails.update(state=Mail.State.SET_ASIDE),
    "order.order_delete_note POST": leave_notes,
    "asset.asset_past_orders POST": attach_later,
    "shop.shop_test_mail POST": give_addresses,
    **dict.fromkeys(
        posted("grant.reset grant.grant_reset"), lambda shop: grants(shop).update(used=3)
    ),
    **dict.fromkeys(
        posted("grant.extend grant.grant_extend"),
        lambda shop: grants(shop).update(expires_at=NOW),
    ),
    "grant.grant_restore POST": lambda shop: grants(shop).update(withdrawn_at=NOW),
    "grant.grant_undo POST": lambda shop: [
        fulfilment.raise_limit(grant, by=1, at=NOW) for grant in grants(shop)
    ],
    "grant.restore POST": lambda shop: grants(shop).update(withdrawn_at=NOW),
    **dict.fromkeys(posted("account.delete account.delete_selected"), forget_tokens),
    **dict.fromkeys(
        posted("customer.delete customer.delete_selected customer.erase"), forget_tokens
    ),
}


@pytest.mark.parametrize("model", MODELS, ids=lambda each: each.__name__)
@pytest.mark.parametrize("role", ROLES)
@pytest.mark.parametrize(
    "cells",
    [
        pytest.param("edges", marks=pytest.mark.sampled),
        pytest.param("all", marks=pytest.mark.slow),
    ],
)
def test_each_cell_is_true(ours, theirs, staff, forms, cells, role, model):
    owner, told = (theirs if role == "superuser" else ours), {}
    for column in all_columns(model, owner):
        what, done = told_by(column), False
        if not is_asked(column, what, role) or (
            cells == "edges" and not is_at_the_edge(what, role)
        ):
            continue
        rows = rows_shown(owner, model)
        with undone():
            READY.get(str(column), lambda shop: None)(owner.shop)
            for row in rows[:1] if column.name in {"changelist", "add"} else rows[-2:]:
                cell = about(staff[role], column, forms, row, look=moving)
                if role != "superuser" and leaks_of(cell.answer.text, theirs):
                    told[str(column), "leaks"] = leaks_of(cell.answer.text, theirs)
                if done := happened(cell, column):
                    break
        if done != (may(what, role) and str(column) not in OF_NOBODY):
            told[str(column)] = what, cell.answer.status, cell.answer.errors, cell.answer.messages
    assert told == {}


def test_each_action_and_each_button_stands_in_a_row():
    """So that a new one is not forgotten: it is told by no permission, but by its name."""
    names = set().union(*(names for _, names in DEEDS.values())) | MAILING
    pages = {"changelist", "history", *WRITING}
    found = {column for model in MODELS for column in columns(model) if column.name not in pages}
    assert {f"{each.model._meta.model_name}.{each.name}" for each in found} == {
        name.removesuffix(" POST")
        for name in names
        if name.rpartition(".")[2].removesuffix(" POST") in {each.name for each in found}
    }


@pytest.mark.parametrize("role", ROLES)
def test_superusers_alone_delete_a_shop_that_has_sold_nothing(ours, staff, role):
    empty = ShopFactory(name="empty")
    if role != "superuser":
        Membership.objects.create(shop=empty, user=staff[role].user, role=role)
    cell = ask(staff[role], address(Shop, "delete", empty.pk), BESIDES, look=moving)
    assert cell.is_moved == (role == "superuser")


@pytest.mark.parametrize("role", ROLES)
def test_superusers_alone_take_the_last_owner_away(ours, staff, role):
    owners = Membership.objects.filter(shop=ours.shop, role="owner")
    last = owners.get(user=staff["owner"].user if role == "owner" else ours.owner)
    owners.exclude(pk=last.pk).delete()
    for verb, sent in (("change", {"role": "support"}), ("delete", BESIDES)):
        cell = ask(staff[role], address(Membership, verb, last.pk), sent, look=moving)
        assert cell.is_moved == (TABLE["Take a shop's last owner away"][role] == "yes")


def test_the_table_has_a_row_for_each_deed_and_says_yes_or_no():
    assert list(TABLE) == list(DEEDS)
    assert {cell for row in TABLE.values() for cell in row.values()} == {"yes", "–"}


@pytest.mark.parametrize("role", ["support", "manager", "owner"])
def test_no_role_may_do_more_or_less_than_the_table_tells(role):
    told = [asked for what, (asked, _) in DEEDS.items() if TABLE[what][role] == "yes"]
    assert set().union(*told) == PERMISSIONS[role]
    denied = [asked for what, (asked, _) in DEEDS.items() if TABLE[what][role] != "yes"]
    assert set().union(*denied) & PERMISSIONS[role] == set()


def test_no_permission_stands_in_two_rows():
    asked = [name for names, _ in DEEDS.values() for name in names]
    assert sorted(asked) == sorted(set().union(*PERMISSIONS.values()))
