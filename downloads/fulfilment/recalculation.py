"""Recalculate an order's state and grants from its facts (idempotent)."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import chain
from uuid import UUID

from django.db import models, transaction

from downloads.fulfilment.changes import assign_each, save_each
from downloads.fulfilment.grant_counts import (
    COUNTED_FIELDS,
    Counting,
    carry_counts,
    is_counted_by_line,
    keep_counts,
)
from downloads.fulfilment.mails.order_mails import announce_ready, question_of
from downloads.fulfilment.order_state import (
    meanings_and_disputes,
    meanings_in,
    questions_of,
    statuses_of,
    units_paid,
    words_of,
)
from downloads.fulfilment.people.contacts import follow_buyer
from downloads.fulfilment.settling.reckoning import (
    by_product,
    former_products,
    lacking_grants,
    stand,
)
from downloads.models import Attachment, Grant, LineItem, Order, Shop
from downloads.prepared_inserts import insert_all
from downloads.prepared_queries import PreparedQuery
from downloads.prepared_statements import Slot


@dataclass(frozen=True)
class LineClaims:
    """What a report says of an order beside its facts, by the platform's numbers of its lines.

    `former` are the products that lines had before those they have; `used` how many downloads of a
    line were spent elsewhere.
    """

    former: Mapping[int | None, UUID] = field(default_factory=dict)
    used: Mapping[int | None, int] = field(default_factory=dict)


NO_CLAIMS = LineClaims()
_ORDER = Slot("order", models.BigAutoField())
LOCKED_SHOP = PreparedQuery(
    lambda: (
        Shop.objects.select_for_update(no_key=True)
        .filter(pk=Slot("shop", models.BigAutoField()))
        .order_by()
    )
)
_LOCKED_ORDER = PreparedQuery(
    lambda: (
        Order.objects.select_related("shop")
        .select_for_update(of=("self",))
        .filter(pk=_ORDER)
        .order_by()
    )
)
_LINES = PreparedQuery(lambda: LineItem.objects.filter(order=_ORDER).with_refunded_units())
_GRANTS = PreparedQuery(lambda: Grant.objects.filter(order=_ORDER))
_GIVEN = PreparedQuery(
    lambda: Attachment.objects.given().filter(product__lines__order=_ORDER).distinct()
)


def lock_shop(shop: Shop) -> Shop:
    """Lock the shop until the transaction ends, and return it afresh.

    Taken first by whoever takes in reports, adds lines or attaches assets. A refund and its order
    arriving at once would otherwise each be settled without the other, and so would a new line
    and an asset attached to its product. Buyers' clicks and new messages do not wait for it.
    """
    found: Shop | None = LOCKED_SHOP.first(shop=shop.pk)
    if found is None:
        raise Shop.DoesNotExist
    return found


def lock_order(order: Order) -> Order:
    """Lock the order until the transaction ends, and return it afresh with its shop.

    Every verb that changes a fact takes this lock first, so that no recount overwrites another's.
    `spend` does not: it moves `used` alone, which no recount touches.
    """
    found: Order | None = _LOCKED_ORDER.first(order=order.pk)
    if found is None:
        raise Order.DoesNotExist
    return found


@transaction.atomic
def edit_order(order: Order, fields: Collection[str] | None) -> None:
    """Save what a merchant changed of an order made by hand, null for a new one.

    `settle` recounts its grants. Mail about it goes to the buyer chosen for it.
    """
    # A report coming in locks the shop, then the order.
    lock_shop(order.shop)
    order.save(update_fields=follow_buyer(order, fields))


def edit_line(line: LineItem, fields: Collection[str]) -> None:
    """Save what a merchant changed of a line, under `edit_order`'s lock and before `settle`."""
    line.save(update_fields=fields)


def add_lines(order: Order, lines: Iterable[LineItem]) -> None:
    """Save new lines of an order. `settle` gives them their grants."""
    fresh = list(lines)
    if not fresh:
        return
    lock_shop(order.shop)
    insert_all(of_order(order, fresh))


def of_order(order: Order, fresh: Sequence[LineItem]) -> Sequence[LineItem]:
    """Return new lines as those of an order, to be inserted under its shop's lock."""
    for line in fresh:
        line.order = order
    return fresh


def settle_known(shop: Shop, platform_id: int, *, at: datetime) -> None:
    """Settle an order by its platform's number, if it has arrived yet; in a transaction."""
    order = Order.objects.filter(shop=shop, platform_id=platform_id).first()
    if order is not None:
        settle_within(order, at=at)


@transaction.atomic
def settle(order: Order, *, at: datetime) -> None:
    """Create the grants an order lacks and recount those it has (idempotent).

    Whoever saved facts of an order (a form, a policy) calls this afterwards.
    """
    settle_within(order, at=at)


def settle_within(
    order: Order, *, at: datetime, claims: LineClaims = NO_CLAIMS, fresh: Sequence[LineItem] = ()
) -> Order:
    """Settle an order in the caller's transaction, as `settle` does; return it as it was locked.

    `claims` are what a report says beside the facts that it brought, `fresh` lines that it brought
    and that are still to be inserted.
    """
    # Each of these reads what the lock has waited for.
    which, number = {"order": order.pk}, order.platform_id
    ahead = [] if number is None else questions_of(order.shop_id, number)
    questions = [each.given(**which) for each in (_LOCKED_ORDER, _LINES, _GRANTS, _GIVEN)]
    found = insert_all(of_order(order, fresh), then=[*questions, *ahead])
    orders, rows, grants, attachments, *answers = found
    if not orders:
        raise Order.DoesNotExist
    order = orders[0]
    lines: dict[int, LineItem] = {line.pk: line for line in rows}
    if not answers or order.platform_id != number:
        words = set(chain(statuses_of(order), *map(words_of, lines.values())))
        meanings, disputes = meanings_and_disputes(order, words)
    else:
        meanings, disputes = meanings_in(answers[0]), answers[1]
    # The table may say otherwise by now.
    assign_each((line, {"paid_units": units_paid(line, meanings)}) for line in lines.values())
    saved = stand(order, lines.values(), meanings=meanings, disputes=disputes)
    counted = Counting(order, by_line=is_counted_by_line(order, meanings), at=at)
    given = by_product(attachments)
    lacking = lacking_grants(counted, lines.values(), grants, given)
    existing = {(grant.line_id, grant.asset_id) for grant in [*grants, *lacking]}
    lacking += _former_grants(lines.values(), claims, existing, counted)
    given_to = {grant.line_id for grant in [*grants, *lacking]}
    keep_counts((lines[key] for key in lines if key not in given_to), claims.used)
    former = former_products(order.shop_id, lines.values())
    if former:
        others = Attachment.objects.given().filter(product__in=set(chain(*former.values())))
        given |= by_product(others.distinct())
    assets = {number: {each.asset_id for each in some} for number, some in given.items()}
    changed = [grant for grant in grants if counted.recount(grant, lines, assets, former)]
    save_each(changed, COUNTED_FIELDS)
    is_untold = order.announced_at is None
    then = [question_of(order.pk, at=at)] if is_untold else []
    for ready in carry_counts(lacking, claims.used, first=saved, then=then):
        announce_ready(ready, at=at)
        order.announced_at = at if ready else None
    return order


def _former_grants(
    lines: Iterable[LineItem], claims: LineClaims, existing: Collection[tuple], counted: Counting
) -> list[Grant]:
    """Build the closed grants of products that lines had before, by a report that came late."""
    if not claims.former or counted.order.is_sub_order:
        return []
    former = Attachment.objects.given().filter(product__in=claims.former.values())
    given = by_product(former.distinct())
    return [
        counted.grant_for(line, attachment)
        for line in lines
        if line.platform_id in claims.former
        for attachment in given.get(claims.former[line.platform_id], [])
        if (line.pk, attachment.asset_id) not in existing
    ]
