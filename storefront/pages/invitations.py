"""The page behind an invitation's link, where somebody new chooses how to sign in.

Who signs in already accepts inside the admin (`storefront.admin.staff.members`): there Django
holds the form to the session it belongs to, and both factors stand before it.
"""

from django.core.files.uploadhandler import MemoryFileUploadHandler
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from downloads import fulfilment
from downloads.audit.actors import Actor, acting
from downloads.errors import BadInput, LinkSpent
from downloads.models import Invitation
from storefront.http.client_ip import client_ip
from storefront.http.throttling import count_miss
from storefront.pages.errors import answers_with_pages
from storefront.signed_urls import absolute

NOT_THE_SAME = "The two passwords are not the same."
SPENT = {
    "title": "This invitation no longer works",
    "step": "If you have accepted it, sign in. If not, ask whoever invited you for another one.",
    "way_on": {"url": "admin:index", "words": "Sign in"},
}


def invitation_url(token: str) -> str:
    """Return the absolute address that whoever is invited opens."""
    return absolute(reverse("invitation", args=[token]))


# The token is the permission: no cookie, and so no forger, plays a part. A mail scanner that
# opens the link changes nothing: only the form does.
@csrf_exempt
@sensitive_post_parameters("password", "again")
@require_http_methods(["GET", "HEAD", "POST"])
@answers_with_pages
def accept(request: HttpRequest, token: str) -> HttpResponse:
    """Show the form to whoever holds an invitation, and take the password they chose."""
    at = timezone.now()
    try:
        invitation = fulfilment.require_invitation(token, at=at)
        if request.method != "POST":
            # Both ways, whoever it is for: whether the address signs in is not told to all who
            # hold the link.
            return _page(request, invitation, token)
        return _take(request, invitation, token)
    except LinkSpent as error:
        count_miss(request, at=at)
        return render(request, "refusal.html", SPENT | {"message": str(error)}, status=404)


def _take(request: HttpRequest, invitation: Invitation, token: str) -> HttpResponse:
    # A file sent along is not stored.
    request.upload_handlers = [MemoryFileUploadHandler(request)]
    password = request.POST.get("password", "")
    if password != request.POST.get("again", ""):
        return _page(request, invitation, token, complaint=NOT_THE_SAME)
    program = request.headers.get("User-Agent", "")
    who = Actor(invitation.email, address=client_ip(request), program=program)
    try:
        with acting(who):
            fulfilment.accept_with_password(token, password, at=timezone.now())
    except BadInput as error:
        return _page(request, invitation, token, complaint=str(error))
    return render(request, "invitation_accepted.html", {"invitation": invitation})


def _page(
    request: HttpRequest, invitation: Invitation, token: str, *, complaint: str = ""
) -> HttpResponse:
    sign_in = reverse("admin:invitation_accept", args=[token])
    context = {"invitation": invitation, "sign_in": sign_in, "complaint": complaint}
    return render(request, "invitation.html", context, status=400 if complaint else 200)
