"""Brand routes: a logo and a style sheet, public, cached for good, known by no guess."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_safe

from downloads.brand.colours import shades_of
from downloads.brand.logos import logo_content
from downloads.errors import NotFound, StorageDown
from storefront.brand.addresses import NO_SUCH_PART, colour_of_sheet, stored_name
from storefront.http.private_responses import kept_by_caches
from storefront.pages.errors import answers_with_pages


@csrf_exempt
@require_safe
@answers_with_pages
def logo(request: HttpRequest, name: str) -> HttpResponse:
    """Send a stored logo: a picture that we wrote, whatever was uploaded."""
    try:
        content = logo_content(stored_name(name))
    except StorageDown:
        raise NotFound(NO_SUCH_PART) from None
    return kept_by_caches(HttpResponse(content, content_type="image/png"))


@csrf_exempt
@require_safe
@answers_with_pages
def sheet(request: HttpRequest, signed: str) -> HttpResponse:
    """Send the style sheet of an accent colour."""
    context = {"shades": shades_of(colour_of_sheet(signed))}
    return kept_by_caches(render(request, "brand/sheet.css", context, content_type="text/css"))
