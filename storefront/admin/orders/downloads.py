"""Acts on one download of an order's page: reset, allow more, extend, withdraw, restore, undo."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponseRedirect
from django.urls import path
from django.urls.resolvers import URLPattern
from django.utils import timezone
from django.utils.decorators import method_decorator
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_POST

from downloads.errors import BadInput
from downloads.fulfilment import desk
from downloads.fulfilment.grants import EXTENDED, RAISED
from downloads.models import Grant
from storefront.admin.base import ScopedAdmin
from storefront.admin.closures import closed_downloads
from storefront.admin.orders.acts import page_of
from storefront.formats import whole_number

MOST_ENTERED = 999_999_999
OPENS_NOTHING = gettext_lazy("{done} But that opens nothing: {why}")
# Which permission takes each act back: what gives it.
VERBS = {RAISED: "raise", EXTENDED: "raise"}


class GrantActs(ScopedAdmin):
    """What is pressed beside a download on its order's page, each a form of its own."""

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view
        return [
            path("<int:number>/reset/", view(self.reset_one), name="grant_reset"),
            path("<int:number>/allow-more/", view(self.allow_more), name="grant_allow_more"),
            path("<int:number>/extend/", view(self.extend_one), name="grant_extend"),
            path("<int:number>/withdraw/", view(self.withdraw_one), name="grant_withdraw"),
            path("<int:number>/restore/", view(self.restore_one), name="grant_restore"),
            path("<int:number>/undo/", view(self.undo_one), name="grant_undo"),
            *super().get_urls(),
        ]

    @method_decorator(require_POST)
    def reset_one(self, request: HttpRequest, number: int) -> HttpResponseRedirect:
        """Give back all downloads that were counted."""
        done = _("The count of “{title}” is back at 0.")
        return self._press(request, number, "reset", desk.reset_count, done=done)

    @method_decorator(require_POST)
    def allow_more(self, request: HttpRequest, number: int) -> HttpResponseRedirect:
        """Allow more downloads; by support no more in all than the shop says."""
        by = _entered(request)
        words = ngettext(
            "{count} more download of “{title}” is allowed.",
            "{count} more downloads of “{title}” are allowed.",
            by,
        )
        done = words.replace("{count}", str(by))
        return self._press(request, number, "raise", desk.allow_more, done=done, by=by)

    @method_decorator(require_POST)
    def extend_one(self, request: HttpRequest, number: int) -> HttpResponseRedirect:
        """Let a download end later; by support by no more days in all than the shop says."""
        days = _entered(request)
        words = ngettext(
            "“{title}” ends {count} day later.", "“{title}” ends {count} days later.", days
        )
        done = words.replace("{count}", str(days))
        return self._press(request, number, "raise", desk.extend_time, done=done, days=days)

    @method_decorator(require_POST)
    def withdraw_one(self, request: HttpRequest, number: int) -> HttpResponseRedirect:
        """Close a download at once."""
        done = _("“{title}” is withdrawn: it cannot be downloaded any more, until you restore it.")
        act = desk.withdraw_download
        return self._press(request, number, "change", act, done=done, opens=False)

    @method_decorator(require_POST)
    def restore_one(self, request: HttpRequest, number: int) -> HttpResponseRedirect:
        """Open a withdrawn download again."""
        done = _("“{title}” is restored; its count is as it was.")
        return self._press(request, number, "change", desk.restore_download, done=done)

    @method_decorator(require_POST)
    def undo_one(self, request: HttpRequest, number: int) -> HttpResponseRedirect:
        """Take the newest act on a download back."""

        def act(grant: Grant, *, seen: int, at: datetime) -> None:
            what = desk.newest_act(grant, seen=seen)
            if not self.may(request, VERBS.get(what, "reset"), grant):
                raise PermissionDenied
            desk.undo(grant, seen=seen, at=at)

        done = _("Taken back: “{title}” stands as it did before.")
        return self._press(request, number, "view", act, done=done, opens=False)

    def _press(
        self,
        request: HttpRequest,
        number: int,
        verb: str,
        act: Callable[..., Any],
        *,
        done: str,
        opens: bool = True,
        **amounts: int,
    ) -> HttpResponseRedirect:
        grant: Grant | None = self.get_object(request, str(number))
        if grant is None:
            raise Http404
        if not self.may(request, verb, grant):
            raise PermissionDenied
        if verb == "raise" and not self.may(request, "change", grant):
            shop = grant.order.shop
            is_time = "days" in amounts
            amounts["most"] = shop.support_most_days if is_time else shop.support_most_downloads
        at = timezone.now()
        title = str(grant.asset)
        try:
            act(grant, seen=seen_on(request), at=at, **amounts)
        except BadInput as error:
            messages.error(request, f"“{title}”: {error}")
        else:
            words = done.replace("{title}", title)
            self.log_change(request, grant, words)
            why = closed_downloads([grant])[0] if opens else ""
            level = messages.WARNING if why else messages.SUCCESS
            text = OPENS_NOTHING.format(done=words, why=why) if why else words
            messages.add_message(request, level, text)
        return page_of(grant.order, f"download-{grant.pk}")


def seen_on(request: HttpRequest) -> int:
    """Return what a form's page showed; nothing that could be, where it does not say."""
    return whole_number(request.POST.get("seen", "")) or 0


def _entered(request: HttpRequest) -> int:
    return whole_number(request.POST.get("amount", ""), most=MOST_ENTERED) or 0
