"""The periods that the start page offers, and the links that show one."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from urllib.parse import urlencode

from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from downloads import figures
from downloads.figures.buyers import period
from downloads.figures.days import bounds_of
from storefront.http.errors import RequestRefused

WORDS: dict[int, Any] = {
    1: _("Today"),
    7: _("7 days"),
    30: _("30 days"),
    90: _("90 days"),
    365: _("Year"),
}
USUAL = 30
NO_SUCH_PERIOD = _("This page has figures of 1, 7, 30, 90 and 365 days. Choose one of these.")
# So many days make one bar of the chart, where there would be too many.
GROUPED = {365: 5}
# A day alone is shown among those before it.
LEAST_DRAWN = 7


@dataclass(frozen=True)
class Choice:
    """A link to a period."""

    words: Any
    url: str
    is_current: bool


@dataclass(frozen=True)
class Period:
    """So many days up to today."""

    days: int
    today: date

    @property
    def first(self) -> date:
        return period(self.days, today=self.today)[0]

    @property
    def earlier(self) -> tuple[date, date]:
        """The first and the last day of the period before."""
        return period(self.days, today=self.today, is_earlier=True)

    @property
    def drawn(self) -> int:
        """How many days the chart shows."""
        return max(self.days, LEAST_DRAWN)

    @property
    def group(self) -> int:
        return GROUPED.get(self.days, 1)

    @property
    def words(self) -> str:
        return str(WORDS[self.days])

    def bounds(self, *, is_earlier: bool = False) -> tuple[datetime, datetime]:
        """Return when it begins, and when it has ended."""
        days = self.earlier if is_earlier else (self.first, self.today)
        return bounds_of(*days, timezone.get_current_timezone())

    def filters(self, column: str) -> dict[str, str]:
        """Return what a list is asked for to show the rows of this period by a column of time."""
        begin, end = self.bounds()
        return {f"{column}__gte": begin.isoformat(" "), f"{column}__lt": end.isoformat(" ")}


def period_of(request: HttpRequest, *, at: datetime) -> Period:
    """Return the period that a request names.

    Raises:
        RequestRefused: it names none of ours.
    """
    named = request.GET.get("days", str(USUAL))
    for days in figures.PERIODS:
        if named == str(days):
            return Period(days, timezone.localtime(at).date())
    raise RequestRefused(str(NO_SUCH_PERIOD))


def choices(chosen: Period, url: str) -> list[Choice]:
    """Return the links to all periods."""
    return [
        Choice(words, f"{url}?{urlencode({'days': days})}", days == chosen.days)
        for days, words in WORDS.items()
    ]
