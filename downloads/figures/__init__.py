"""Figures of shops by day: rolled up from ledger and orders, and rebuilt from them."""

from downloads.figures.buyers import PERIODS
from downloads.figures.first_steps import dismiss_first_steps
from downloads.figures.roll_up import rebuild, roll_up

__all__ = ["PERIODS", "dismiss_first_steps", "rebuild", "roll_up"]
