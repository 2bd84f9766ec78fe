"""Two-factor login views: enter a code, or set a factor up."""

from typing import Any

import django_otp
from django import forms
from django.contrib import admin
from django.contrib.auth import REDIRECT_FIELD_NAME
from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.csrf import csrf_protect
from django.views.decorators.debug import sensitive_post_parameters

from downloads.encryption import seal, unseal
from downloads.errors import BadInput, SealBroken
from storefront.http.client_ip import client_ip
from storefront.http.throttling import count_sign_in
from storefront.models import SecondFactor
from storefront.pages.errors import answers_with_pages
from storefront.staff import two_factor
from storefront.staff.access import has_factor, is_staff, is_through, is_verified
from storefront.staff.devices import remember
from storefront.staff.login import note_use

PENDING = "second_factor_to_be"
NOT_YET = gettext_lazy("This is not the code for this key. Enter the one that your app shows now.")


class CodeForm(forms.Form):
    """One code, of an app or a recovery code."""

    code = forms.CharField(label=gettext_lazy("Code"), max_length=40)

    def __init__(self, *args: Any, is_recovery: bool = False, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        base = {"autocomplete": "one-time-code", "autofocus": True, "spellcheck": "false"}
        self.fields["code"].widget.attrs |= base | ({} if is_recovery else {"inputmode": "numeric"})


class SetUpForm(forms.Form):
    """A code of the key to be; where one is replaced, of the present one too."""

    present = forms.CharField(
        label=gettext_lazy("Code of your present app, or a recovery code"),
        max_length=40,
        required=True,
    )
    code = forms.CharField(
        label=gettext_lazy("Code that your app shows for the new key"), max_length=40
    )

    def __init__(self, *args: Any, replaces: SecondFactor | None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for field in self.fields.values():
            field.widget.attrs |= {"autocomplete": "one-time-code", "spellcheck": "false"}
        self.fields["code"].widget.attrs["inputmode"] = "numeric"
        if replaces is None:
            del self.fields["present"]


@csrf_protect
@sensitive_post_parameters("code")
@answers_with_pages
def enter(request: HttpRequest) -> HttpResponse:
    """Ask whoever has shown their password for a code."""
    if not is_staff(request.user):
        return redirect_to_login(request.get_full_path(), reverse("admin:login"))
    if is_through(request):
        return HttpResponseRedirect(_onward(request))
    if not has_factor(request):
        return HttpResponseRedirect(reverse("admin:second_factor_set_up"))
    note_use(request)
    is_recovery = "recovery" in request.GET
    form = CodeForm(request.POST or None, is_recovery=is_recovery)
    if request.method == "POST" and form.is_valid():
        at = timezone.now()
        count_sign_in(client_ip(request), at=at)
        try:
            let_through(request, two_factor.spend(request.user, form.cleaned_data["code"], at=at))
        except BadInput as error:
            form.add_error(None, str(error))
        else:
            answer = HttpResponseRedirect(_onward(request))
            remember(request, answer)
            return answer
    context = {"title": _("Enter a code"), "form": form, "is_recovery": is_recovery}
    return _page(request, "admin/second_factor.html", context | {"onward": _onward(request)})


@csrf_protect
@sensitive_post_parameters("code", "present")
@answers_with_pages
def set_up(request: HttpRequest) -> HttpResponse:
    """Show a key to be, and keep it once a code of it was entered."""
    user: Any = request.user
    # By the password alone, only where there is none yet.
    if not is_staff(user) or (has_factor(request) and not is_verified(user)):
        return redirect_to_login(request.get_full_path(), reverse("admin:login"))
    note_use(request)
    replaces = SecondFactor.objects.filter(user=user.pk).first()
    key = _key_to_be(request)
    form = SetUpForm(request.POST or None, replaces=replaces)
    if request.method == "POST" and form.is_valid():
        try:
            return _keep(request, key, replaces, **form.cleaned_data)
        except BadInput as error:
            form.add_error(None, str(error))
    context = {
        "title": _("Replace the second factor") if replaces else _("Set up two-factor sign-in"),
        "form": form,
        "picture": two_factor.qr_of(key, user.get_username()),
        "key": two_factor.in_groups(key),
        "is_required": not is_through(request),
    }
    return _page(request, "admin/second_factor_set_up.html", context)


def let_through(request: HttpRequest, factor: SecondFactor) -> None:
    """Open the admin to this session, under a fresh cookie."""
    request.session.cycle_key()
    django_otp.login(request, factor)
    note_use(request)


def show_codes(request: HttpRequest, codes: list[str]) -> HttpResponse:
    """Show recovery codes, this once."""
    context = {"title": _("Your recovery codes"), "codes": codes}
    return _page(request, "admin/second_factor_codes.html", context)


def _keep(
    request: HttpRequest, key: str, replaces: SecondFactor | None, *, code: str, present: str = ""
) -> HttpResponse:
    at = timezone.now()
    count_sign_in(client_ip(request), at=at)
    # Before the present one's code is spent: a mistyped one of the new key costs nothing.
    step = two_factor.step_of(key, code, at=at)
    if step is None:
        raise BadInput(NOT_YET)
    if replaces is not None and two_factor.spend(request.user, present, at=at) != replaces:
        raise BadInput(two_factor.CHANGED)
    factor, codes = two_factor.set_up(request.user, key, step=step, replaces=replaces)
    del request.session[PENDING]
    let_through(request, factor)
    answer = show_codes(request, codes)
    remember(request, answer)
    return answer


def _key_to_be(request: HttpRequest) -> str:
    # In this session, not beside the person: nobody else who knows the password ever saw it.
    try:
        return unseal(request.session.get(PENDING, ""))
    except SealBroken:
        key = two_factor.fresh_key()
        request.session[PENDING] = seal(key)
        return key


def _onward(request: HttpRequest) -> str:
    target = request.POST.get(REDIRECT_FIELD_NAME, request.GET.get(REDIRECT_FIELD_NAME, ""))
    is_ours = url_has_allowed_host_and_scheme(
        target, allowed_hosts={request.get_host()}, require_https=request.is_secure()
    )
    return target if is_ours else reverse("admin:index")


def _page(request: HttpRequest, template: str, context: dict[str, Any]) -> HttpResponse:
    return TemplateResponse(request, template, admin.site.each_context(request) | context)
