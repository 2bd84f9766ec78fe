"""How an order's page writes moments and programs: "Today, 14:02", "Firefox on Android"."""

import re
from datetime import datetime, timedelta

from django.utils import timezone
from django.utils.formats import date_format
from django.utils.text import Truncator
from django.utils.translation import gettext as _

from downloads.bidi import isolate
from storefront import formats

LONGEST_PROGRAM = 40
# The first that is named decides: most programs name others, too.
BROWSERS = (
    (r"Edg(?:e|A|iOS)?/", "Edge"),
    (r"OPR/|Opera", "Opera"),
    (r"SamsungBrowser/", "Samsung Internet"),
    (r"Firefox/|FxiOS/", "Firefox"),
    (r"CriOS/|Chrom(?:e|ium)/", "Chrome"),
    (r"Version/[\d.]+ .*Safari/", "Safari"),
)
SYSTEMS = (
    ("Android", "Android"),
    ("iPad", "iPad"),
    ("iPhone", "iPhone"),
    ("Windows", "Windows"),
    ("CrOS", "ChromeOS"),
    ("Mac OS X|Macintosh", "macOS"),
    ("Linux|X11", "Linux"),
)


def moment_text(at: datetime, *, now: datetime) -> str:
    """Write a time as people say it, in the time zone of the page."""
    local, today = timezone.localtime(at), timezone.localtime(now).date()
    hour = date_format(local, "H:i")
    if local.date() == today:
        return _("Today, {time}").format(time=hour)
    if local.date() == today - timedelta(days=1):
        return _("Yesterday, {time}").format(time=hour)
    return formats.moment_text(at)


def program_text(user_agent: str) -> str:
    """Write what a browser says that it is, as its user would; others as they call themselves."""
    browser = _first(BROWSERS, user_agent)
    system = _first(SYSTEMS, user_agent)
    if browser and system:
        return _("{browser} on {system}").format(browser=browser, system=system)
    if browser:
        return browser
    named = Truncator(user_agent.split(" ")[0]).chars(LONGEST_PROGRAM)
    return isolate(named) if named else ""


def _first(known: tuple[tuple[str, str], ...], user_agent: str) -> str:
    return next((words for pattern, words in known if re.search(pattern, user_agent)), "")
