import pytest

from downloads.errors import Unavailable
from downloads.models import Delivery, DownloadEvent
from storefront.admin.ledger.text import REASONS, what_happened


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ({"kind": "charged", "downloads": 1}, "counted"),
        ({"kind": "served", "sent_bytes": 4_200_000}, "sent 4.2\u202fMB"),
        (
            {
                "kind": "served",
                "sent_bytes": 4_200_000,
                "delivery": Delivery(size_bytes=10_000_000),
            },
            "sent 4.2\u202fMB of 10\u202fMB",
        ),
        (
            {"kind": "served", "sent_bytes": 10_000, "delivery": Delivery(size_bytes=10_000)},
            "sent 10\u202fKB of 10\u202fKB",
        ),
        (
            {"kind": "served", "sent_bytes": 15_000, "delivery": Delivery(size_bytes=10_000)},
            "sent 15\u202fKB of 10\u202fKB, some of it again",
        ),
        (
            {"kind": "released", "downloads": -1, "reason": "barely_begun"},
            "given back: it had barely begun",
        ),
        (
            {"kind": "released", "downloads": -1, "reason": "storage"},
            "given back: the file could not be read",
        ),
        (
            {"kind": "released", "downloads": -4, "reason": "reset"},
            "4 given back: reset by the shop",
        ),
        ({"kind": "refused", "reason": "used_up"}, "refused: all downloads used"),
        ({"kind": "refused", "reason": "storage"}, "refused: the file could not be read"),
        ({"kind": "carried", "downloads": 7}, "7 counted earlier, in sum"),
        ({"kind": "carried", "downloads": -2}, "2 given back earlier, in sum"),
    ],
)
def test_a_line_reads_as_a_shopkeeper_speaks(line, words):
    assert what_happened(DownloadEvent(**line)) == words


def test_every_reason_has_words():
    assert set(REASONS) == {*Unavailable.MESSAGES, *DownloadEvent.Reason.values}
