"""Tell staff in words when the background worker is silent or failing."""

from datetime import datetime

from django.utils import formats, timezone
from django.utils.translation import gettext_lazy as _

from downloads import lookups

NEVER = _("No worker has run yet: mails and messages wait. Start manage.py worker.")
SILENT = _(
    "The worker has said nothing since {since}: mails and messages wait. Start manage.py worker."
)
FAILING = _(
    "Since {since} the worker fails at {failing}. It keeps trying; its log says more of the cause."
)


def words_of_worker(*, at: datetime) -> str:
    """Return what staff should know of the worker; nothing where all is well."""
    state = lookups.worker_state(at=at)
    if state.is_silent:
        return SILENT.format(since=_moment(state.since, at=at)) if state.since else str(NEVER)
    if state.failing_since is not None:
        since = _moment(state.failing_since, at=at)
        return FAILING.format(since=since, failing=state.failing)
    return ""


def _moment(moment: datetime, *, at: datetime) -> str:
    """Return the time of a moment, with its day unless that is today."""
    local, today = timezone.localtime(moment), timezone.localdate(at)
    time = formats.time_format(local, "H:i")
    return time if local.date() == today else f"{formats.date_format(local)}, {time}"
