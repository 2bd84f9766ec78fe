"""What goes wrong while a platform is asked, in words for a merchant."""


class PlatformFault(Exception):
    """A platform cannot be asked. The message says what a merchant can do.

    `status` is what it answered, and `answer` the beginning of what it said; neither is shown as it
    is.
    """

    status = 0
    answer = ""


class Refused(PlatformFault):
    """The platform does not let us in, or not there."""


class Missing(PlatformFault):
    """The platform has no such thing."""


class NotTaken(PlatformFault):
    """The platform does not take the question as it stands, as with a cursor past its time."""
