"""Security alarms about failed logins, mailed out of the sight of whoever tries."""

from datetime import datetime

from django.db import transaction

from downloads import fulfilment
from storefront.models import CountedTries


def warn_next(*, at: datetime) -> bool:
    """Write down the mails that one alarm comes to; say whether there was one."""
    # Without a look first each idle round would take SQLite's one lock for writing.
    return CountedTries.objects.untold().exists() and _warn(at)


@transaction.atomic
def _warn(at: datetime) -> bool:
    untold = CountedTries.objects.untold().select_related("person").order_by("pk")
    row = untold.select_for_update(skip_locked=True, of=("self",)).first()
    if row is None:
        return False
    fulfilment.warn_of_wrong_tries(row.person, at=at)
    CountedTries.objects.filter(pk=row.pk).update(taken=1)
    return True
