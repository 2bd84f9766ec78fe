"""Language and time zone of the admin's screens: each person's own, and the shop's.

The faces and the buyer's pages have their own: what is set here ends with the request.
"""

from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.db.models import Model
from django.http import HttpRequest, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_POST

from downloads.models import Shop
from downloads.models.shops import LANGUAGES
from downloads.tenancy import shop_number_of
from downloads.time_zones import zone_named
from storefront.formats import whole_number
from storefront.models import StaffLanguage
from storefront.staff.roles import roles_of
from storefront.staff.screen.facts import facts_of


class LeavesNoLocale:
    """Middleware that takes back, after each request to the admin, what its screens were set to."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        if not request.path_info.startswith(reverse("admin:index")):
            return self.get_response(request)
        with translation.override(translation.get_language()), timezone.override(None):
            return self.get_response(request)


def enter_locale(request: HttpRequest) -> None:
    """Speak the reader's language from here on, in the time of their shop if it is the only one."""
    translation.activate(language_of(request))
    _enter(facts_of(request).time_zone)


def enter_zone_of(request: HttpRequest, row: Model | None) -> None:
    """Show the times of a row's own shop. One query where the reader sees several shops."""
    shop = None if row is None else shop_number_of(row)
    if shop is not None and not facts_of(request).shop_name:
        _enter_zone(shop)


def enter_zone_asked_for(request: HttpRequest) -> None:
    """Show the times of the shop that a list is filtered by, if the reader works there."""
    filters = [name for name in request.GET if name.endswith("shop__id__exact")]
    shop = whole_number(request.GET.get(filters[0], "")) if filters else None
    if shop is None or facts_of(request).shop_name:
        return
    # Another shop's offset would tell that there is such a shop, and where.
    if request.user.is_superuser or shop in roles_of(request.user):
        _enter_zone(shop)


def _enter_zone(shop: int) -> None:
    _enter(Shop.objects.filter(pk=shop).values_list("time_zone", flat=True).first() or "")


def _enter(name: str) -> None:
    if zone := zone_named(name):
        timezone.activate(zone)


def language_of(request: HttpRequest) -> str:
    """Return the language that the reader has chosen. The session was read with it."""
    row = getattr(request.session, "row", None)
    if row is not None and row.user_id == request.user.pk:
        return row.language or settings.LANGUAGE_CODE
    chosen = StaffLanguage.objects.filter(user=request.user.pk).values_list("language", flat=True)
    return chosen.first() or settings.LANGUAGE_CODE


@require_POST
def choose_language(request: HttpRequest) -> HttpResponseRedirect:
    """Keep the language that somebody reads the admin in, and lead back to where they were."""
    language = request.POST.get("language", "")
    if language in dict(LANGUAGES):
        person: Any = request.user
        StaffLanguage.objects.update_or_create(user=person, defaults={"language": language})
    return HttpResponseRedirect(_page_before(request))


def _page_before(request: HttpRequest) -> str:
    # From the header: what stands in an address may be what no page of ours repeats.
    before = request.headers.get("Referer", "")
    own = {request.get_host()}
    if url_has_allowed_host_and_scheme(before, own, require_https=request.is_secure()):
        return before
    return reverse("admin:index")
