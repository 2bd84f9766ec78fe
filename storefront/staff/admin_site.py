"""The admin site: every page of it stands behind both factors."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.contrib.admin import AdminSite
from django.contrib.auth import REDIRECT_FIELD_NAME
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.urls import URLPattern, URLResolver, path, reverse
from django.utils import timezone
from django.utils.decorators import method_decorator
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.csrf import csrf_protect
from django.views.decorators.debug import sensitive_post_parameters

from storefront.http import proxies
from storefront.pages.errors import answers_with_pages
from storefront.staff import (
    password_reset,
    passwords,
    session_list,
    two_factor_settings,
    two_factor_views,
)
from storefront.staff.access import is_through
from storefront.staff.login import SignIn, note_use, to_second_factor, waits_at_second_factor
from storefront.staff.mailed import forgotten
from storefront.staff.screen.locale import choose_language, enter_locale
from storefront.staff.screen.navigation import Navigation
from storefront.staff.start import export, page

View = Callable[..., HttpResponseBase]
# Our own sheets, in the order in which each stands on the one before it.
SHEETS = [f"storefront/desk/{name}.css" for name in ("shell", "parts", "lists", "forms")]


class StaffSite(AdminSite):
    site_header = site_title = "Digital downloads"
    index_title = gettext_lazy("Your shop")
    # We have a side bar of our own.
    enable_nav_sidebar = False

    def has_permission(self, request: HttpRequest) -> bool:
        return is_through(request)

    def each_context(self, request: HttpRequest) -> dict[str, Any]:
        own = {"navigation": Navigation(self, request), "desk_sheets": SHEETS}
        return super().each_context(request) | own

    def admin_view(self, view: Any, cacheable: bool = False) -> Any:  # noqa: FBT001, FBT002 (Django's)
        return super().admin_view(_noted(view), cacheable)

    def get_urls(self) -> list[URLPattern | URLResolver]:
        # One of Django's tells by its answer whether a row exists, whoever's it is.
        dropped = {"view_on_site", "logout"}
        theirs = [each for each in super().get_urls() if getattr(each, "name", "") not in dropped]
        return [
            path("logout/", csrf_protect(self.leave), name="logout"),
            # Asks for the second factor, and so stands before it.
            path("second-factor/", two_factor_views.enter, name="second_factor"),
            path("second-factor/set-up/", two_factor_views.set_up, name="second_factor_set_up"),
            # Asks for a link, and so stands before the sign-in.
            path("forgotten-password/", forgotten.request_link, name="forgotten_password"),
            # The link is the permission.
            path("password/<str:number>/<str:token>/", password_reset.choose, name="password_link"),
            path(
                "second-factor/own/",
                self.admin_view(two_factor_settings.show),
                name="own_second_factor",
            ),
            path("language/", self.admin_view(choose_language), name="language"),
            path("sessions/", self.admin_view(session_list.show), name="sessions"),
            path("figures/days.csv", self.admin_view(export.days_csv), name="figures_days"),
            path("figures/files.csv", self.admin_view(export.files_csv), name="figures_files"),
            path("first-steps/", self.admin_view(page.dismiss_steps), name="first_steps"),
            *theirs,
        ]

    def index(self, request: HttpRequest, extra_context: Any = None) -> Any:
        """Show the start page, with what needs its reader and a word about a worker that fails.

        A proxy that is not counted is told to superusers: the others cannot help it.
        """
        words = page.start_of(request, at=timezone.now())
        if request.user.is_superuser:
            words["proxy"] = proxies.seen.words
        return super().index(request, words | (extra_context or {}))

    @method_decorator(login_not_required)
    @method_decorator(sensitive_post_parameters("password"))
    @method_decorator(answers_with_pages)
    def login(self, request: HttpRequest, extra_context: Any = None) -> Any:
        index = reverse("admin:index", current_app=self.name)
        if request.method == "GET" and self.has_permission(request):
            return HttpResponseRedirect(index)
        onward = request.GET.get(REDIRECT_FIELD_NAME, index)
        if request.method == "GET" and waits_at_second_factor(request):
            return HttpResponseRedirect(to_second_factor(onward))
        context = self.each_context(request) | {
            "title": _("Sign in"),
            "subtitle": None,
            "app_path": request.get_full_path(),
            "username": request.user.get_username(),
            REDIRECT_FIELD_NAME: onward,
        }
        request.current_app = self.name
        return SignIn.as_view(extra_context=context | (extra_context or {}))(request)

    def leave(self, request: HttpRequest) -> HttpResponse:
        """Sign out, also who has shown their password alone."""
        if request.user.is_authenticated:
            return super().logout(request)
        return HttpResponseRedirect(reverse("admin:index", current_app=self.name))

    @method_decorator(answers_with_pages)
    def password_change(self, request: HttpRequest, extra_context: Any = None) -> Any:
        context = self.each_context(request) | (extra_context or {})
        request.current_app = self.name
        return passwords.Change.as_view(extra_context=context)(request)


def _noted(view: View) -> View:
    @wraps(view)
    def noted(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        note_use(request)
        enter_locale(request)
        return view(request, *args, **kwargs)

    return noted
