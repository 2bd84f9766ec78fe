"""Delete rows past their retention, in batches: each is a short transaction of its own."""

from datetime import datetime

from django.db import transaction
from django.db.models import Q, QuerySet

from downloads.fulfilment.give_backs import weigh_deliveries
from downloads.models import Delivery


@transaction.atomic
def forget_rows(rows: QuerySet, *, at_most: int) -> int:
    """Delete so many of these rows, the oldest first; return how many.

    Whoever writes one just now is not waited for: it is looked at again next time.
    """
    free = rows.order_by("pk").select_for_update(skip_locked=True, of=("self",)).only("pk")
    numbers = [row.pk for row in free[:at_most]]
    rows.model._default_manager.filter(pk__in=numbers).delete()
    return len(numbers)


def forget_deliveries(*, at: datetime, at_most: int) -> int:
    """Delete so many Deliveries that no click can come back to; return how many are gone.

    What nobody has judged is judged first: it may be given back, and then goes by that. The lines
    of the ledger that tell of one stay, so that counters agree with it as before.
    """
    past = Delivery.objects.past_retention(at)
    given_back = weigh_deliveries(at=at) if past.to_weigh(at).exists() else 0
    judged = past.filter(Q(is_kept=True) | Q(size_bytes=None))
    return given_back + forget_rows(judged, at_most=at_most)
