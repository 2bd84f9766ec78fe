"""The start page: what is shown to whom, put together."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.core.files.storage import default_storage
from django.http import Http404, HttpRequest, HttpResponseRedirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_POST

from downloads import figures, room
from downloads.models import Shop
from storefront.formats import spaced_size, whole_number
from storefront.staff.roles import rows_where
from storefront.staff.start import needs, waiting
from storefront.staff.start.charts import chart_of
from storefront.staff.start.facts import Facts, facts_of
from storefront.staff.start.figures import business_of
from storefront.staff.start.just_now import just_now
from storefront.staff.start.needs import Item
from storefront.staff.start.periods import choices, period_of
from storefront.staff.start.shops import (
    DISMISS,
    newest_message_at,
    quiet_connections,
    shops_of,
    steps_of,
)
from storefront.staff.worker import words_of_worker

DISMISSED = gettext_lazy("The first steps are put away. Each of them has its own page still.")
# The disk is told of before uploads are refused: at so many times what they leave free.
NEARLY_FULL = 2

__all__ = ["dismiss_steps", "start_of", "waiting"]


def start_of(request: HttpRequest, *, at: datetime) -> dict[str, Any]:
    """Return what the start page shows. Seven queries at most, however much there is.

    Raises:
        RequestRefused: there is no such period.
    """
    user: Any = request.user
    period = period_of(request, at=at)
    shops = list(shops_of(user, at=at))
    facts = facts_of(user, period)
    business = business_of(user, period, facts.counted)
    return {
        "period": period,
        "periods": choices(period, reverse("admin:index")),
        "name": shops[0].name if len(shops) == 1 else "",
        "as_of": shops[0].as_of if shops else None,
        "business": business,
        "chart": chart_of(business.days, group=period.group),
        "needs": list(_items(user, shops, facts, at=at)),
        "message_at": newest_message_at(shops),
        "steps": steps_of(user, shops),
        "just_now": just_now(user),
    }


def _items(user: Any, shops: list[Any], facts: Facts, *, at: datetime) -> Iterator[Item]:
    """Yield all that needs a person, what holds up everything first."""
    worker = words_of_worker(at=at)
    if worker:
        yield Item(worker, "", name="worker")
    yield from _disk(user)
    yield from needs.items_of(user, facts.waiting, {shop.pk: shop.name for shop in shops})
    yield from quiet_connections(user, shops, at=at)
    yield from _uploads(user, facts.uploads)


def _disk(user: Any) -> Iterator[Item]:
    reserve = settings.DISK_RESERVE_BYTES
    free = room.free_bytes(default_storage) if user.has_perm("downloads.add_asset") else None
    if free is not None and free < NEARLY_FULL * reserve:
        sizes = {"free": spaced_size(max(free, 0)), "reserve": spaced_size(reserve)}
        yield Item(
            _("The disk is nearly full: %(free)s are free") % sizes,
            _("Uploads are refused below %(reserve)s. Delete files, or have the disk enlarged.")
            % sizes,
            reverse("admin:downloads_asset_changelist"),
            name="disk",
        )


def _uploads(user: Any, count: int) -> Iterator[Item]:
    if count:
        words = ngettext(
            "%(count)s upload of yours is not finished",
            "%(count)s uploads of yours are not finished",
            count,
        )
        yield Item(
            words % {"count": count},
            _("Its form was refused. The file is kept for a while: fill in the form again."),
            reverse("admin:downloads_asset_add") if user.has_perm("downloads.add_asset") else "",
            is_bad=False,
            name="uploads",
        )


@require_POST
def dismiss_steps(request: HttpRequest) -> HttpResponseRedirect:
    """Put away the first steps of a shop."""
    number = whole_number(request.POST.get("shop", ""))
    named = Shop.objects.filter(pk=number or 0)
    shop = rows_where(named, request.user, "downloads.view_shop").first()
    if shop is None:
        raise Http404
    if not request.user.has_perm(DISMISS, shop):
        raise PermissionDenied
    figures.dismiss_first_steps(shop, at=timezone.now())
    messages.success(request, DISMISSED)
    return HttpResponseRedirect(reverse("admin:index"))
