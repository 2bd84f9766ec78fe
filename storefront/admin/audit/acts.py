"""What was done, as the audit trail has it in one language, told in the reader's."""

import re

from django.utils.translation import gettext, gettext_noop

# The trail keeps them as they are here; a number stands where a brace is.
ACTS = frozenset(
    (
        gettext_noop("Accepted an invitation"),
        gettext_noop("Added"),
        gettext_noop("Applied the limit to {} earlier downloads"),
        gettext_noop("Applied the policies to all orders"),
        gettext_noop("Attached a CSV of files"),
        gettext_noop("Attaching a CSV of files stopped"),
        gettext_noop("Confirmed a CSV of files"),
        gettext_noop("Attached to product numbers"),
        gettext_noop("Attached to products"),
        gettext_noop("Attached to products by SKU"),
        gettext_noop("Attached to the order"),
        gettext_noop("Began to give it to past orders"),
        gettext_noop("Changed"),
        gettext_noop("Changed a role"),
        gettext_noop("Changed the file's defaults"),
        gettext_noop("Changed the password"),
        gettext_noop("Chose a password by a link"),
        gettext_noop("Connected the shop"),
        gettext_noop("Copied the link to the customer's page"),
        gettext_noop("Corrected the mail address"),
        gettext_noop("Deleted"),
        gettext_noop("Deleted a note"),
        gettext_noop("Ended all links to the customer's page"),
        gettext_noop("Ended an invitation"),
        gettext_noop("Ended sessions"),
        gettext_noop("Erased personal data"),
        gettext_noop("Extended the time"),
        gettext_noop("Fetched its order anew"),
        gettext_noop("Gave it to past orders"),
        gettext_noop("Giving it to past orders stopped"),
        gettext_noop("Had a link to choose a password mailed"),
        gettext_noop("Had it imported"),
        gettext_noop("Import stopped"),
        gettext_noop("Imported orders"),
        gettext_noop("Invited"),
        gettext_noop("Let it go on"),
        gettext_noop("Made a link to choose a password"),
        gettext_noop("Mailed a link to choose a password"),
        gettext_noop("Marked as answered"),
        gettext_noop("Matched to a product"),
        gettext_noop("Merged buyers"),
        gettext_noop("Put away the first steps"),
        gettext_noop("Raised the limit"),
        gettext_noop("Reconcile now"),
        gettext_noop("Released"),
        gettext_noop("Removed a staff member"),
        gettext_noop("Removed the second factor"),
        gettext_noop("Renewed the recovery codes"),
        gettext_noop("Replaced the second factor"),
        gettext_noop("Reset the count"),
        gettext_noop("Restored"),
        gettext_noop("Revoked"),
        gettext_noop("Rotated"),
        gettext_noop("Second factor locked after {} wrong codes"),
        gettext_noop("Sent a test mail"),
        gettext_noop("Sent again"),
        gettext_noop("Sent the mail once to another address"),
        gettext_noop("Set up the second factor"),
        gettext_noop("Sign-in locked after {} wrong passwords"),
        gettext_noop("Sign-in slowed: many wrong passwords from unknown devices"),
        gettext_noop("Tested the connection"),
        gettext_noop("Took added days back"),
        gettext_noop("Took added downloads back"),
        gettext_noop("Took merged buyers apart"),
        gettext_noop("Took the corrected mail address back"),
        gettext_noop("Took the reset back"),
        gettext_noop("Unlocked the sign-in"),
        gettext_noop("Used a recovery code"),
        gettext_noop("Withdrawn"),
        gettext_noop("Wrote a note"),
    )
)

# Who acted, where nobody signed in did.
ACTORS = frozenset(
    (
        gettext_noop("the service itself"),
        gettext_noop("the shop's platform"),
        gettext_noop("somebody not signed in"),
    )
)


def actor_words(name: str) -> str:
    """Return who acted, as the trail has it where it names a person."""
    return gettext(name) if name in ACTORS else name


def act_words(what: str) -> str:
    """Return what an entry says was done; what is not known here, as the trail has it."""
    number = re.search(r"\d+", what)
    plain = what.replace(number.group(), "{}", 1) if number else what
    return gettext(plain).format(number and number.group()) if plain in ACTS else what
