"""“Forgot my password” page of staff: a name is entered, and the answer is the same for all."""

from django.core.files.uploadhandler import MemoryFileUploadHandler
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from storefront.http.throttling import count_link_request
from storefront.models import PasswordRequest
from storefront.pages.errors import answers_with_pages
from storefront.staff.mailed.links import link_minutes

# More than any name or address has.
LONGEST_ENTRY = 300


# Without a cookie there is nothing a forged form could borrow: anybody may ask, for any name.
@csrf_exempt
@sensitive_post_parameters("name")
@require_http_methods(["GET", "HEAD", "POST"])
@answers_with_pages
def request_link(request: HttpRequest) -> HttpResponse:
    """Show the form, and take a name. Known names and others take the same work: one row."""
    if request.method != "POST":
        return render(request, "staff_forgotten.html", {})
    at = timezone.now()
    count_link_request(request, at=at)
    # A file sent along is not stored.
    request.upload_handlers = [MemoryFileUploadHandler(request)]
    name = request.POST.get("name", "").replace("\0", "")[:LONGEST_ENTRY].strip()
    if not name:
        complaint = _("Enter the name that you sign in with, or your mail address.")
        return render(request, "staff_forgotten.html", {"complaint": complaint}, status=400)
    PasswordRequest.keep(name, at=at)
    return render(request, "staff_forgotten_asked.html", {"minutes": link_minutes()})
