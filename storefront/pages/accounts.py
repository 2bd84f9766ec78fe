"""Account page: the owner of a mail address sets the password by a ticket."""

from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.views.decorators.debug import sensitive_variables

from downloads import fulfilment
from downloads.errors import NotFound
from storefront import authentication
from storefront.brand.marks import brand_of
from storefront.http.account_lockout import AccountTries
from storefront.http.client_ip import client_ip
from storefront.http.throttling import count_miss
from storefront.pages.languages import page
from storefront.pages.passwords import answer_form, password_page
from storefront.signed_urls import read_account_ticket


@password_page
def choose_password(request: HttpRequest, ticket: str) -> HttpResponse:
    """Show the form to whoever holds a ticket, and take what they entered."""
    at = timezone.now()
    try:
        number, state = read_account_ticket(ticket, at=at)
        account = fulfilment.require_account(number, state=state)
    except NotFound:
        count_miss(request, at=at)
        raise

    brand, language = brand_of(account.shop), account.shop.language

    @sensitive_variables("password")
    def take(password: str) -> HttpResponse:
        chosen = authentication.choose_password(number, state=state, password=password, at=at)
        here = client_ip(request)
        AccountTries(chosen.shop, chosen.email, client_ip=here, at=at).begin_anew()
        context = {"account": chosen, "brand": brand}
        return page(request, "account_ready.html", context, shop_language=language)

    context = {"account": account, "brand": brand}
    return answer_form(request, "account.html", context, take=take, shop_language=language)
