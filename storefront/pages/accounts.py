"""The page where the owner of a mail address chooses the password of their account."""

from django.core.files.uploadhandler import MemoryFileUploadHandler
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from downloads import fulfilment
from downloads.errors import BadInput, NotFound
from downloads.models import Account
from storefront import authentication
from storefront.http.account_lockout import AccountTries
from storefront.http.client_ip import client_ip
from storefront.http.throttling import count_miss
from storefront.pages.errors import answers_with_pages
from storefront.signed_urls import read_account_ticket

NOT_THE_SAME = "The two passwords are not the same."


# The ticket is the permission: no cookie, and so no forger, plays a part. A mail scanner that
# opens the link changes nothing: only the form does.
@csrf_exempt
@sensitive_post_parameters("password", "again")
@require_http_methods(["GET", "HEAD", "POST"])
@answers_with_pages
def choose_password(request: HttpRequest, ticket: str) -> HttpResponse:
    """Show the form to whoever holds a ticket, and take what they entered."""
    at = timezone.now()
    try:
        number, state = read_account_ticket(ticket, at=at)
        account = fulfilment.require_account(number, state=state)
    except NotFound:
        count_miss(request, at=at)
        raise
    if request.method != "POST":
        return _form(request, account)
    # A file sent along is not stored.
    request.upload_handlers = [MemoryFileUploadHandler(request)]
    password = request.POST.get("password", "")
    if password != request.POST.get("again", ""):
        return _form(request, account, complaint=NOT_THE_SAME)
    try:
        account = authentication.choose_password(number, state=state, password=password, at=at)
    except BadInput as error:
        return _form(request, account, complaint=str(error))
    here = client_ip(request)
    AccountTries(account.shop, account.email, address=here, at=at).begin_anew()
    return render(request, "account_ready.html", {"account": account})


def _form(request: HttpRequest, account: Account, *, complaint: str = "") -> HttpResponse:
    context = {"account": account, "complaint": complaint}
    return render(request, "account.html", context, status=400 if complaint else 200)
