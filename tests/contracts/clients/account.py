"""Makes the account of a service's customer, whose owner has shown that the address is theirs.

`python -m tests.contracts.clients.account EMAIL PASSWORD`, in the service's environment.
"""

import os
import sys

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
django.setup()

from django.utils import timezone  # noqa: E402

from downloads import fulfilment  # noqa: E402
from downloads.models import Account, Shop  # noqa: E402

if __name__ == "__main__":
    email, password = sys.argv[1:]
    given = {"email": email, "password": password}
    fulfilment.register(
        Shop.objects.get(), at=timezone.now(), **given, first_name="Ada", last_name="Lovelace"
    )
    account = Account.objects.get()
    # As by the link in the mail.
    fulfilment.choose_password(
        account.pk, state=account.state, password=password, at=timezone.now()
    )
