"""Staff passwords: change by the old one, or reset by a link."""

from datetime import datetime
from typing import Any

from django.conf import settings
from django.contrib.admin.forms import AdminPasswordChangeForm
from django.contrib.auth import get_user_model, password_validation
from django.contrib.auth.forms import PasswordChangeForm
from django.contrib.auth.hashers import make_password
from django.contrib.auth.tokens import default_token_generator
from django.contrib.auth.views import PasswordChangeView
from django.core.exceptions import ValidationError
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.urls import reverse, reverse_lazy

from downloads.audit.entries import enter_audit, without_automatic_entries
from downloads.errors import BadInput, LinkSpent
from storefront.formats import whole_number
from storefront.signed_urls import absolute
from storefront.staff import lockout
from storefront.staff.devices import remember
from storefront.staff.mailed.links import mailed_tokens
from storefront.staff.session_list import end_sessions
from storefront.staff.throttling import counted


class OldPasswordForm(AdminPasswordChangeForm, PasswordChangeForm):
    """Django's, where the old password is a try like any other: a browser may be left open."""

    def __init__(self, *args: Any, request: HttpRequest, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.request = request

    def clean_old_password(self) -> str:
        with counted(self.user.get_username(), self.request):
            return super().clean_old_password()

    def hash_new(self) -> None:
        """Set the new password on the person, unsaved. It takes a while: before any lock."""
        self.user.set_password(self.cleaned_data["new_password1"])

    def save(self, commit: bool = True) -> Any:  # noqa: FBT001, FBT002 (Django's)
        self.user.save()
        return self.user


class Change(PasswordChangeView):
    form_class = OldPasswordForm
    success_url = reverse_lazy("admin:password_change_done")

    def get_form_kwargs(self) -> dict[str, Any]:
        return super().get_form_kwargs() | {"request": self.request}

    def form_valid(self, form: Any) -> HttpResponse:
        form.hash_new()
        with transaction.atomic():
            with without_automatic_entries(get_user_model()):
                answer = super().form_valid(form)
            enter_audit("Changed the password", row=form.user)
            session: Any = self.request.session
            end_sessions(form.user, but=session.stored_key)
        # It ended every known device; this one has just shown the old password and sets the new.
        remember(self.request, answer)
        return answer


def make_link(user: Any) -> str:
    """Make a link by which somebody chooses a password, once and soon; it is shown this once."""
    token = default_token_generator.make_token(user)
    enter_audit("Made a link to choose a password", row=user)
    return absolute(reverse("admin:password_link", args=[user.pk, token]))


def link_hours() -> int:
    """Return how long a link works."""
    return settings.STAFF_LINK_HOURS


def owner_of(number: str, token: str) -> Any:
    """Return who may choose a password by a link.

    Raises:
        LinkSpent: it was used, is too old, was never ours, or is of nobody who may sign in.
    """
    staff = get_user_model()._default_manager.filter(is_active=True, is_staff=True)
    user = staff.filter(pk=whole_number(number) or 0).first()
    kinds = (default_token_generator, mailed_tokens)
    if user is None or not any(tokens.check_token(user, token) for tokens in kinds):
        raise LinkSpent
    return user


def choose(number: str, token: str, password: str, *, at: datetime) -> Any:
    """Set a password by a link. It signs nobody in and takes no second factor away.

    Raises:
        LinkSpent: as `owner_of`.
        BadInput: the password is too easy to guess.
    """
    user = owner_of(number, token)
    try:
        password_validation.validate_password(password, user)
    except ValidationError as error:
        raise BadInput(" ".join(error.messages)) from None
    hashed = make_password(password)  # it takes a while: before anything is locked
    with transaction.atomic():
        get_user_model()._default_manager.select_for_update().get(pk=user.pk)
        # Once more: another may have used the link since.
        user = owner_of(number, token)
        user.password = hashed
        with without_automatic_entries(get_user_model()):
            user.save(update_fields=["password"])
        enter_audit("Chose a password by a link", row=user)
        lockout.unlock(user, at=at)
        end_sessions(user)
    return user
