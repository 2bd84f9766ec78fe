"""Figures of shops by day: rolled up from ledger and orders, and rebuilt from them."""

from downloads.figures.buyers import PERIODS
from downloads.figures.roll_up import rebuild, roll_up

__all__ = ["PERIODS", "rebuild", "roll_up"]
