"""The page behind a link to choose a password. It opens no page of the admin."""

from typing import Any

from django.core.files.uploadhandler import MemoryFileUploadHandler
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.debug import sensitive_post_parameters, sensitive_variables
from django.views.decorators.http import require_http_methods

from downloads.errors import BadInput, LinkSpent
from storefront.http.throttling import count_miss
from storefront.pages.errors import answers_with_pages
from storefront.staff import passwords

NOT_THE_SAME = "The two passwords are not the same."
SPENT = {
    "title": "This link no longer works",
    "step": "If you set a password with it, sign in. If not, ask whoever made it for another one.",
    "way_on": {"url": "admin:index", "words": "Sign in"},
}


# The token is the permission: no cookie, and so no forger, plays a part. A mail scanner that
# opens the link changes nothing: only the form does.
@csrf_exempt
@sensitive_post_parameters("password", "again")
@require_http_methods(["GET", "HEAD", "POST"])
@answers_with_pages
def choose(request: HttpRequest, number: str, token: str) -> HttpResponse:
    """Show the form to whoever holds a link, and take the password they chose."""
    try:
        user = passwords.owner_of(number, token)
        if request.method != "POST":
            return _page(request, user)
        return _take(request, user, token)
    except LinkSpent as error:
        count_miss(request, at=timezone.now())
        return render(request, "refusal.html", SPENT | {"message": str(error)}, status=404)


@sensitive_variables("password")
def _take(request: HttpRequest, user: Any, token: str) -> HttpResponse:
    # A file sent along is not stored.
    request.upload_handlers = [MemoryFileUploadHandler(request)]
    password = request.POST.get("password", "")
    if password != request.POST.get("again", ""):
        return _page(request, user, complaint=NOT_THE_SAME)
    try:
        passwords.choose(str(user.pk), token, password, at=timezone.now())
    except BadInput as error:
        return _page(request, user, complaint=str(error))
    return render(request, "staff_password_set.html", {"person": user})


def _page(request: HttpRequest, user: Any, *, complaint: str = "") -> HttpResponse:
    context = {"person": user, "complaint": complaint}
    status = 400 if complaint else 200
    return render(request, "staff_password.html", context, status=status)
