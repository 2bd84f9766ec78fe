"""Session list: see and end one's own sessions."""

from typing import Any

from django.contrib import admin, messages
from django.db import transaction
from django.db.models import F
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.utils import timezone
from django.utils.translation import gettext as _

from downloads.audit.entries import enter_audit
from storefront.models import StaffSession

ALL_OTHERS = "others"


@transaction.atomic
def end_sessions(user: Any, *, but: str | None = None, only: str | None = None) -> int:
    """End somebody's sessions, named by their stored keys; return how many ended."""
    rows = StaffSession.objects.filter(user=user.pk)
    if only is not None:
        rows = rows.filter(pk=only)
    if but is not None:
        rows = rows.exclude(pk=but)
    ended, _each = rows.delete()
    if ended:
        enter_audit("Ended sessions", row=user, after={"ended": ended})
    return ended


def show(request: HttpRequest) -> HttpResponse:
    """List one's own sessions, and end those chosen."""
    session: Any = request.session
    here = session.stored_key
    if request.method == "POST":
        return _end(request, request.POST.get("session", ""), here=here)
    rows = StaffSession.objects.filter(user=request.user.pk, expire_date__gt=timezone.now())
    context = admin.site.each_context(request) | {
        "title": _("Sessions"),
        "sessions": rows.order_by(F("seen_at").desc(nulls_last=True)).defer("session_data"),
        "here": here,
    }
    return TemplateResponse(request, "admin/sessions.html", context)


def _end(request: HttpRequest, chosen: str, *, here: str) -> HttpResponse:
    # One's own alone; of somebody else's it says as much as of none.
    which = {"but": here} if chosen == ALL_OTHERS else {"only": chosen}
    ended = end_sessions(request.user, **which)
    notify = messages.success if ended else messages.error
    notify(
        request,
        _("{count} ended.").format(count=ended) if ended else _("This session was over already."),
    )
    return HttpResponseRedirect(request.path)
