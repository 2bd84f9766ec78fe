"""The figures of a period, each with its change against the period before and its list."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any
from urllib.parse import urlencode

from django.urls import reverse
from django.utils.formats import number_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from downloads import lookups
from downloads.figures.days import ONE_DAY
from downloads.lookups.figures import DayFigures, FetchedAsset
from downloads.models import AssetFigures, DailyFigures
from storefront.formats import spaced_size
from storefront.staff.roles import rows_where
from storefront.staff.start.periods import Period

MOST_FETCHED = 5
ORDERS, EVENTS, MAILS = (
    "downloads.view_order",
    "downloads.view_downloadevent",
    "downloads.view_mail",
)
# From so many times as many on no percentage says anything.
MUCH_MORE = 4


@dataclass(frozen=True)
class Figure:
    """A figure in words. `tone` is "up", "down" or nothing: whether the change is good."""

    words: str
    shown: str
    change: str
    tone: str
    url: str


@dataclass(frozen=True)
class Business:
    """All figures of a period: those of each day, drawn or not, and what was fetched most."""

    figures: list[Figure]
    days: list[DayFigures]
    fetched: list[FetchedAsset]


@dataclass(frozen=True)
class Pair:
    """A figure now, and in the period before."""

    now: int
    before: int


# The counts that are made beside the days': of buyers, and of mails that failed.
Counted = Mapping[str, Pair]


def _grouped(number: int) -> str:
    return number_format(number, force_grouping=True)


def _size(size_bytes: int) -> str:
    return spaced_size(size_bytes) or ""


def business_of(user: Any, period: Period, counted: Counted) -> Business:
    """Return the figures of the shops a person works for. Two queries.

    `counted` has `buyers`, `downloaded` and `failed`, as `facts` brings them.
    """
    by_day = days_of(user, since=min(period.earlier[0], _first_drawn(period)), until=period.today)
    fetched = lookups.most_fetched(
        rows_where(AssetFigures.objects.all(), user, EVENTS),
        first=period.first,
        last=period.today,
        at_most=MOST_FETCHED,
    )
    figures = [*_of_days(user, period, by_day), *_of_people(user, period, counted)]
    days = [by_day.get(day, DayFigures(day)) for day in _each_day(_first_drawn(period), period)]
    return Business(figures, days, fetched)


def days_of(user: Any, *, since: date, until: date) -> dict[date, DayFigures]:
    """Return the figures of each day of the shops a person works for. One query."""
    rows = rows_where(DailyFigures.objects.all(), user, ORDERS)
    return lookups.figures_by_day(rows, first=since, last=until)


def _first_drawn(period: Period) -> date:
    return period.today - (period.drawn - 1) * ONE_DAY


def _each_day(first: date, period: Period) -> list[date]:
    return [first + number * ONE_DAY for number in range((period.today - first).days + 1)]


def _of_days(user: Any, period: Period, by_day: dict[date, DayFigures]) -> list[Figure]:
    first, last = period.earlier
    now = [row for day, row in by_day.items() if period.first <= day <= period.today]
    before = [row for day, row in by_day.items() if first <= day <= last]

    def pair(name: str) -> Pair:
        return Pair(*(sum(getattr(row, name) for row in rows) for rows in (now, before)))

    of_kind = {**period.filters("at"), "kind__exact": "charged"}
    figures = []
    if user.has_perm(ORDERS):
        orders = pair("orders")
        figures.append(_figure(_("Orders"), orders, period, _list("order", _placed(period))))
    if user.has_perm(EVENTS):
        fetched, sent = pair("downloads"), pair("sent_bytes")
        figures.append(_figure(_("Downloads"), fetched, period, _list("downloadevent", of_kind)))
        url = _list("downloadevent", {**of_kind, "kind__exact": "served"})
        figures.append(_figure(_("Sent"), sent, period, url, shown=_size))
    return figures


def _of_people(user: Any, period: Period, counted: Counted) -> list[Figure]:
    figures = []
    if user.has_perm(ORDERS):
        figures.append(_buyers(period, counted))
    if user.has_perm(MAILS):
        url = _list("mail", {"failed": "yes", **period.filters("created_at")})
        failed = counted["failed"]
        figures.append(_figure(_("Mails that failed"), failed, period, url, is_good=False))
    return figures


def _buyers(period: Period, counted: Counted) -> Figure:
    buyers, downloaded = counted["buyers"], counted["downloaded"]
    words, url = _("Buyers who downloaded"), _list("order", _placed(period))
    share = _percent(downloaded.now, buyers.now)
    earlier = _percent(downloaded.before, buyers.before)
    if share is None:
        return Figure(words, "–", _("nobody bought"), "", url)
    values = {
        "some": _grouped(downloaded.now),
        "all": _grouped(buyers.now),
        "earlier": earlier,
        "before": _before(period),
    }
    change = (
        _("%(some)s of %(all)s")
        if earlier is None
        else _("%(some)s of %(all)s; %(earlier)s %% %(before)s")
    )
    return Figure(words, _("%(share)s %%") % {"share": share}, change % values, "", url)


def _figure(
    words: str,
    pair: Pair,
    period: Period,
    url: str,
    *,
    shown: Callable[[int], str] = _grouped,
    is_good: bool = True,
) -> Figure:
    change, direction = change_words(pair, period, shown=shown)
    tone = "" if not direction else "up" if (direction > 0) == is_good else "down"
    return Figure(words, shown(pair.now), change, tone, url)


def change_words(pair: Pair, period: Period, *, shown: Callable[[int], str]) -> tuple[str, int]:
    """Return how a figure compares in words, and 1 for more, -1 for less, 0 for neither.

    A day that has just begun is no less than yesterday: that one is told, and not compared.
    """
    before = _before(period)
    if not pair.before:
        return _("none %(before)s") % {"before": before}, 0
    is_much = pair.now >= MUCH_MORE * pair.before
    if period.days == 1 or is_much:
        values = {"count": shown(pair.before), "before": before}
        return _("%(count)s %(before)s") % values, int(is_much and period.days > 1)
    if pair.now == pair.before:
        return _("as many as %(before)s") % {"before": before}, 0
    percent = max(1, round(100 * abs(pair.now - pair.before) / pair.before))
    values = {"percent": number_format(percent), "before": before}
    if pair.now > pair.before:
        return _("%(percent)s %% more than %(before)s") % values, 1
    return _("%(percent)s %% less than %(before)s") % values, -1


def _before(period: Period) -> str:
    words = ngettext("yesterday", "in the %(days)s days before", period.days)
    # A language of one form has the number in it, whatever it is.
    return words % {"days": period.days}


def _percent(some: int, of: int) -> int | None:
    """Return a share; 100 is all, and 0 is none."""
    if not of:
        return None
    return min(max(round(100 * some / of), int(some > 0)), 100 if some == of else 99)


def _placed(period: Period) -> dict[str, str]:
    return period.filters("placed_at")


def _list(model: str, filters: dict[str, str]) -> str:
    return f"{reverse(f'admin:downloads_{model}_changelist')}?{urlencode(filters)}"
