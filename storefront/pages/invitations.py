"""Invitation page: somebody new sets a password and accepts.

Who signs in already accepts inside the admin (`storefront.admin.staff.members`): there Django
holds the form to the session it belongs to, and both factors stand before it.
"""

from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.views.decorators.debug import sensitive_variables

from downloads import fulfilment
from downloads.audit.actors import Actor, acting
from downloads.errors import LinkSpent
from downloads.models import Role
from storefront.http.client_ip import client_ip
from storefront.pages.languages import page
from storefront.pages.passwords import answer_form, password_page, refuse_spent
from storefront.signed_urls import absolute

SPENT = {
    "title": _("This invitation no longer works"),
    "step": _("If you have accepted it, sign in. If not, ask whoever invited you for another one."),
}
# As they stand in the middle of a sentence.
ROLES = {Role.SUPPORT: _("support"), Role.MANAGER: _("manager"), Role.OWNER: _("owner")}


def invitation_url(token: str) -> str:
    """Return an invitation's absolute URL."""
    return absolute(reverse("invitation", args=[token]))


@password_page
def accept(request: HttpRequest, token: str) -> HttpResponse:
    """Show the form to whoever holds an invitation, and take the password they chose."""
    try:
        invitation = fulfilment.memberships.require_invitation(token, at=timezone.now())
        language = invitation.shop.language

        @sensitive_variables("password")
        def take(password: str) -> HttpResponse:
            program = request.headers.get("User-Agent", "")
            who = Actor(invitation.email, address=client_ip(request), program=program)
            with acting(who):
                fulfilment.memberships.accept_with_password(token, password, at=timezone.now())
            accepted = {"invitation": invitation}
            return page(request, "invitation_accepted.html", accepted, shop_language=language)

        # Both ways, whoever it is for: whether the address signs in is not told to all who hold
        # the link.
        sign_in = reverse("admin:invitation_accept", args=[token])
        role = ROLES[Role(invitation.role)]
        context = {"invitation": invitation, "role": role, "sign_in": sign_in}
        return answer_form(request, "invitation.html", context, take=take, shop_language=language)
    except LinkSpent as error:
        return refuse_spent(request, error, **SPENT)
