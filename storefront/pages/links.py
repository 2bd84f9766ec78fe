"""Links page: a form to have the links to one's downloads mailed again."""

from typing import Any

from django.core.files.uploadhandler import MemoryFileUploadHandler
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from downloads import fulfilment
from downloads.errors import BadInput
from storefront.brand.marks import brand_of_query
from storefront.http.throttling import count_link_request
from storefront.pages.errors import answers_with_pages
from storefront.pages.languages import page, words_of

# More than any address has, so it is refused; and less than is worth sending back.
LONGEST_ENTRY = 1000


# Without a cookie there is nothing a forged form could borrow: anybody may ask, for any address.
@csrf_exempt
@require_http_methods(["GET", "HEAD", "POST"])
@answers_with_pages
def ask_again(request: HttpRequest) -> HttpResponse:
    """Show the form, and take an address. The answer is the same whether it is known or not."""
    brand = brand_of_query(request)
    language = brand.language if brand else ""
    if request.method != "POST":
        return page(request, "links.html", {"brand": brand}, shop_language=language)
    at = timezone.now()
    count_link_request(request, at=at)
    # A file sent along is not stored: a large one is read past.
    request.upload_handlers = [MemoryFileUploadHandler(request)]
    email = request.POST.get("email", "")[:LONGEST_ENTRY].strip()
    try:
        fulfilment.request_links(email, at=at)
    except BadInput as error:
        refused = error

        def entered() -> dict[str, Any]:
            return {"email": email, "complaint": words_of(refused), "brand": brand}

        return page(request, "links.html", entered, status=400, shop_language=language)
    context = {"email": email, "brand": brand}
    return page(request, "links_asked.html", context, shop_language=language)
