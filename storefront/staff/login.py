"""Admin login view: name and password, each attempt counted before it is verified."""

from typing import Any
from urllib.parse import urlencode

from django.contrib.admin.forms import AdminAuthenticationForm
from django.contrib.auth import REDIRECT_FIELD_NAME
from django.contrib.auth.views import LoginView
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from storefront.http.client_ip import client_ip
from storefront.http.throttling import count_sign_in
from storefront.staff.access import is_staff, is_through
from storefront.staff.audit_middleware import program_of
from storefront.staff.devices import remember
from storefront.staff.throttling import counted


class SignInForm(AdminAuthenticationForm):
    """Django's, where a try is taken first. Known names and others are answered the same."""

    error_messages = AdminAuthenticationForm.error_messages | {
        "invalid_login": _("That name and password do not belong together. Mind capital letters.")
    }

    def clean(self) -> dict[str, Any]:
        name = self.cleaned_data.get("username")
        if name is None or not self.cleaned_data.get("password"):
            return self.cleaned_data
        request: Any = self.request  # the page always gives its own
        with counted(name, request):
            super().clean()
        return self.cleaned_data


class SignIn(LoginView):
    """The page with the form. Whoever comes in is asked for their second factor next."""

    authentication_form = SignInForm
    template_name = "admin/login.html"

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        count_sign_in(client_ip(request), at=timezone.now())
        return super().post(request, *args, **kwargs)

    def form_valid(self, form: Any) -> HttpResponse:
        answer = super().form_valid(form)
        note_use(self.request)
        remember(self.request, answer)
        return answer

    def get_success_url(self) -> str:
        onward = super().get_success_url()
        return onward if is_through(self.request) else to_second_factor(onward)

    def get_default_redirect_url(self) -> str:
        return reverse("admin:index")


def note_use(request: HttpRequest) -> None:
    """Keep from where a session is used, with what and when."""
    session: Any = request.session
    session.note_use(address=client_ip(request), program=program_of(request), at=timezone.now())


def to_second_factor(onward: str) -> str:
    """Return where a code is asked for on the way to a page."""
    return f"{reverse('admin:second_factor')}?{urlencode({REDIRECT_FIELD_NAME: onward})}"


def waits_at_second_factor(request: HttpRequest) -> bool:
    """Say whether whoever asks has shown their password, and is yet to show more."""
    return is_staff(request.user) and not is_through(request)
