"""Domain exceptions; every message is fit for the person who meets it.

Those a buyer may meet are marked for translation: pages tell them in the reader's language.
"""

from django.utils.translation import gettext_noop as _


class DownloadsError(Exception):
    """Base class of whatever the domain refuses."""


class NotFound(DownloadsError):
    """There is no such thing, or it is not for this person: the two are never told apart."""


class NoSuchCustomer(NotFound):
    """The shop has no customer with this number, or none with this mail address."""

    def __init__(self) -> None:
        super().__init__("This shop has no such customer.")


class LinkSpent(NotFound):
    """A mailed link was used already, is too old, or was never ours: not told apart either."""

    def __init__(self) -> None:
        super().__init__(_("This link was used already, is too old, or was not copied whole."))


class PlanRequired(DownloadsError):
    """The shop's plan does not include what was asked for."""


class Unavailable(DownloadsError):
    """This download is not to be had now. `reason` is one of the class's constants."""

    PENDING = "pending"
    HELD = "held"
    CANCELED = "canceled"
    REFUNDED = "refunded"
    REPLACED = "replaced"
    WITHDRAWN = "withdrawn"
    PAST = "past"
    USED_UP = "used_up"
    CLICK_OVER = "click_over"
    LINK_PAST = "link_past"

    # What time alone may open again; the wire says `pending`.
    WAITING = frozenset({PENDING, HELD})
    MESSAGES = {
        PENDING: _(
            "This order has not been paid yet. The download opens as soon as the payment "
            "has arrived."
        ),
        HELD: _(
            "The shop is still checking the payment of this order. The download opens as soon "
            "as that is done."
        ),
        CANCELED: _("This order was cancelled, so its downloads are closed."),
        REFUNDED: _("This purchase was refunded, so its download is closed."),
        REPLACED: _(
            "This purchase was changed to another product, whose downloads took its place."
        ),
        WITHDRAWN: _("The shop has withdrawn this download."),
        PAST: _("The time for this download is over."),
        USED_UP: _("All downloads of this item have been used."),
        CLICK_OVER: _("This download can no longer be continued."),
        LINK_PAST: _("This download link is too old."),
    }

    def __init__(self, reason: str) -> None:
        super().__init__(self.MESSAGES[reason])
        self.reason = reason


class StorageDown(DownloadsError):
    """The file cannot be read just now. Nothing was spent."""

    MESSAGE = _("This file cannot be read just now. Nothing was counted; please try again shortly.")

    def __init__(self) -> None:
        super().__init__(self.MESSAGE)


class LinkBroken(StorageDown):
    """The link cannot be followed by any program. Nothing was spent."""

    MESSAGE = _("This link cannot be opened. Nothing was counted; please tell the shop.")


class Replaced(DownloadsError):
    """A byte range was requested of a file that was replaced meanwhile; only all of it can be had.

    Nothing was spent. Whoever catches it asks again, for all of the file.
    """

    def __init__(self) -> None:
        super().__init__("This file was replaced by another version.")


class TooManyAtOnce(DownloadsError):
    """Too many concurrent streams of one click or visitor. Nothing was spent."""

    def __init__(self) -> None:
        super().__init__(
            _(
                "Too many downloads are running from your connection at once. Nothing was counted; "
                "wait until one of them is complete, then try again."
            )
        )


class Contended(DownloadsError):
    """Too many concurrent updates of the same row. Nothing was spent."""

    def __init__(self) -> None:
        super().__init__(
            _(
                "Too many ask for this download at this moment. Nothing was counted; please try "
                "again shortly."
            )
        )


class SignInRefused(DownloadsError):
    """The mail address and the password do not go together."""

    def __init__(self) -> None:
        super().__init__("Invalid email or password")


class PasswordsBusy(DownloadsError):
    """Too many passwords are hashed at once: this one was not verified. No try was used up."""

    def __init__(self) -> None:
        super().__init__(
            _(
                "Too many sign in at this moment. Your password was not looked at; please try "
                "again shortly."
            )
        )


class SealBroken(DownloadsError):
    """A stored secret cannot be decrypted: a key is missing from the settings."""


class BadInput(DownloadsError):
    """Invalid input; the message says what to do."""


class NoRoom(DownloadsError):
    """A file would exceed the shop's storage quota. Nothing of it was stored."""

    def __init__(self, shop: object, *, stored: int, bound: int, largest: int) -> None:
        super().__init__(
            f"{shop} has stored {stored:,} of the {bound:,} bytes that a shop may store in all "
            f"(the setting SHOP_STORAGE_BYTES). There is room for a file of {largest:,} bytes."
        )


class DiskFull(DownloadsError):
    """A file would leave the storage's disk with too little free. Nothing of it was stored."""

    def __init__(self) -> None:
        super().__init__(
            "The disk that files are stored on has no room for this file: what is free there is "
            "kept in reserve (the setting DISK_RESERVE_BYTES)."
        )


class NotYet(BadInput):
    """What a message is about has not come yet. It may, and then the message can be applied."""


class NoMessage(BadInput):
    """A message is JSON, and says nothing that it could mean: no object, nested too deeply."""


class DuplicateField(BadInput):
    """A deciding field occurs twice in a payload; `path` leads to it. Retrying does not help."""

    def __init__(self, path: str) -> None:
        super().__init__(f"{path}: stands twice, and which of them counts is not told")


class AboveLimit(BadInput):
    """An input exceeds a configured limit. Retrying does not help until that is raised."""

    def __init__(self, what: str, count: int, noun: str, *, setting: str, most: int) -> None:
        super().__init__(
            f"{what} has {count:,} {noun}; at most {most:,} are taken in ({setting}). Raise the "
            "setting, and have it tried again."
        )


class BadCursor(BadInput):
    """Invalid pagination arguments or cursor."""


class NoSuchPage(BadCursor):
    """Pages are counted from 1."""

    def __init__(self) -> None:
        super().__init__("Pages are counted from 1.")


class PageSizeRefused(BadCursor):
    """A page is to hold nothing, or more than the `most` that is handed out at once."""

    def __init__(self, most: int) -> None:
        super().__init__(f"A page holds from 1 to {most}.")
        self.most = most


class MailRefused(DownloadsError):
    """The mail server will not take this mail; `for_good` says that trying again is of no use."""

    def __init__(self, message: str, *, for_good: bool) -> None:
        super().__init__(message)
        self.for_good = for_good


class MailUnsure(DownloadsError):
    """The mail was handed over without an answer: it may have been sent."""


class PostClosed(DownloadsError):
    """The mail server cannot be reached, or takes no mail from us just now."""


class ClaimLost(DownloadsError):
    """The lease on this mail ran out, and another process has taken it over."""
