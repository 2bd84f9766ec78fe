"""Staff password reset page, by a link. It opens no page of the admin."""

from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.views.decorators.debug import sensitive_variables

from downloads.errors import LinkSpent
from storefront.pages.languages import page
from storefront.pages.passwords import answer_form, password_page, refuse_spent
from storefront.staff import passwords

SPENT = {
    "title": _("This link no longer works"),
    "step": _(
        "If you set a password with it, sign in. If not, ask whoever made it for another one."
    ),
}


@password_page
def choose(request: HttpRequest, number: str, token: str) -> HttpResponse:
    """Show the form to whoever holds a link, and take the password they chose."""
    try:
        user = passwords.owner_of(number, token)

        @sensitive_variables("password")
        def take(password: str) -> HttpResponse:
            passwords.choose(str(user.pk), token, password, at=timezone.now())
            return page(request, "staff_password_set.html", {"person": user})

        return answer_form(request, "staff_password.html", {"person": user}, take=take)
    except LinkSpent as error:
        return refuse_spent(request, error, **SPENT)
