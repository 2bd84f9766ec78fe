"""Which of two reports stands, whichever came first."""

import hashlib
from datetime import UTC, datetime


def rank(at: datetime, *stages: object, content: object) -> str:
    """Return a text that sorts reports by their time, then by stage, then by what they say.

    Shops stamp their reports by the second, so two different ones may carry the same time: the
    later `stages` decide then, and last of all a digest of the content, which favours nothing but
    is the same in whatever order the two arrive.
    """
    digest = hashlib.sha256(repr(content).encode(errors="surrogatepass")).hexdigest()
    moment = at.astimezone(UTC).isoformat(timespec="microseconds")
    return " ".join([moment, *map(str, stages), digest])
