"""Periodic maintenance of what is stored: each chore with its words, on its own."""

from collections.abc import Callable
from datetime import datetime

from django.core.management import call_command

from downloads import fulfilment
from storefront import inbox
from storefront.models import CustomerToken
from storefront.staff import sessions

KEPT_TASKS_DAYS = 1

Chore = Callable[[datetime], object]

# A bell may have been lost with its worker, and a download with its process.
CHORES: dict[str, Chore] = {
    "looking for messages that wait": lambda at: inbox.ring(),
    "giving back what was not fetched": lambda at: fulfilment.weigh_deliveries(at=at),
}
# Delete what is done with, each after its time, and sum up the ledger.
RARE_CHORES: dict[str, Chore] = {
    "tidying up tasks": lambda at: call_command(
        "prune_db_task_results", min_age_days=KEPT_TASKS_DAYS, verbosity=0
    ),
    "tidying up messages": lambda at: fulfilment.forget_applied(at=at),
    "tidying up the ledger": lambda at: fulfilment.prune_ledger(at=at),
    "tidying up accounts": lambda at: fulfilment.forget_unconfirmed(at=at),
    "tidying up mails": lambda at: fulfilment.forget_mails(at=at),
    "tidying up kept uploads": lambda at: fulfilment.forget_kept_uploads(at=at),
    "tidying up customer tokens": lambda at: CustomerToken.objects.forget_ended(at),
    "tidying up sessions": lambda at: sessions.forget_ended(at),
}
