"""Two-factor settings view: renew codes, replace or remove the factor."""

from typing import Any

from django.contrib import admin, messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.utils import timezone
from django.utils.translation import gettext as _

from downloads.errors import BadInput
from storefront.models import SecondFactor
from storefront.staff import two_factor
from storefront.staff.access import must_set_up
from storefront.staff.session_list import end_sessions
from storefront.staff.two_factor_views import CodeForm, show_codes

REMOVE = "remove"


def show(request: HttpRequest) -> HttpResponse:
    """Say how one signs in. Whatever changes that asks for a fresh code."""
    factor = SecondFactor.objects.filter(user=request.user.pk).first()
    form = CodeForm(request.POST or None)
    if factor is not None and request.method == "POST" and form.is_valid():
        try:
            return _act(request, form.cleaned_data["code"])
        except BadInput as error:
            form.add_error(None, str(error))
    context = admin.site.each_context(request) | {
        "title": _("Two-factor sign-in"),
        "factor": factor,
        "form": form,
        "codes_left": two_factor.codes_left(request.user),
        "is_required": must_set_up(),
    }
    return TemplateResponse(request, "admin/second_factor_own.html", context)


def _act(request: HttpRequest, code: str) -> HttpResponse:
    user: Any = request.user
    is_removal = request.POST.get("act") == REMOVE
    if is_removal and must_set_up():
        raise BadInput(two_factor.NOT_REMOVED)
    factor = two_factor.spend(user, code, at=timezone.now())
    if not is_removal:
        return show_codes(request, two_factor.renew_codes(user))
    two_factor.remove_own(user, factor)
    # Where the password alone was shown, it was not enough so far.
    session: Any = request.session
    end_sessions(user, but=session.stored_key)
    messages.success(request, _("You sign in by your password alone from now on."))
    return HttpResponseRedirect(request.path)
