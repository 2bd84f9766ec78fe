"""Settle many orders of a shop at once, in a number of statements that does not grow with them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import chain

from downloads.fulfilment.changes import assign_each, save_each
from downloads.fulfilment.grant_counts import (
    COUNTED_FIELDS,
    Counting,
    carry_counts,
    is_counted_by_line,
)
from downloads.fulfilment.mails.order_mails import announce_ready, question_of_each
from downloads.fulfilment.order_state import meanings_in, units_paid
from downloads.fulfilment.settling.known_facts import lock_facts
from downloads.fulfilment.settling.reckoning import (
    by_product,
    former_products,
    lacking_grants,
    stand,
)
from downloads.models import Attachment, Grant, Shop
from downloads.round_trips import Statement


@dataclass(frozen=True)
class Settled:
    """The grants that were made, and how many buyers are mailed."""

    fresh: list[Grant]
    mails: int


def settle_each(shop: Shop, orders: Sequence[int], *, at: datetime) -> Settled:
    """Settle orders of a shop in the caller's transaction, each as `settle` does it.

    One whose own state is another by now is saved, and told of, by itself. At most
    `prepared_queries.WIDTHS[-1]` at a time.
    """
    facts = lock_facts(shop, orders)
    meanings, known = meanings_in(facts.meanings), facts.known
    lines = list(chain(*facts.lines.values()))
    assign_each((line, {"paid_units": units_paid(line, meanings)}) for line in lines)
    former = former_products(shop.pk, lines)
    others = set(chain(*former.values()))
    more = Attachment.objects.given().filter(product__in=others) if others else ()
    given = by_product(facts.attachments) | by_product(more)
    assets = {number: {each.asset_id for each in some} for number, some in given.items()}
    fresh, changed, saved = list[Grant](), list[Grant](), list[Statement]()
    for order in facts.orders:
        own = {line.pk: line for line in facts.lines[order.pk]}
        disputes = known.disputes[order.platform_id]
        saved += stand(order, own.values(), meanings=meanings, disputes=disputes, known=known)
        counted = Counting(order, by_line=is_counted_by_line(order, meanings), at=at)
        grants = facts.grants[order.pk]
        fresh += lacking_grants(counted, own.values(), grants, given)
        changed += [grant for grant in grants if counted.recount(grant, own, assets, former)]
    save_each(changed, COUNTED_FIELDS)
    untold = [order.pk for order in facts.orders if order.announced_at is None]
    then = [question_of_each(untold, at=at)] if untold else []
    ready = list(chain(*carry_counts(fresh, {}, first=saved, then=then)))
    announce_ready(ready, at=at)
    return Settled(fresh, sum(order.shop.mails_buyers for order in ready))
