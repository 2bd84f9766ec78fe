"""View of `/docs/`: the documentation of this installation."""

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_safe

from storefront.docs.manual import page_of


# It reads no body, not even for the check of one.
@csrf_exempt
@require_safe
def document(request: HttpRequest, name: str = "") -> HttpResponse:
    """Show one document, where `SERVE_DOCS` says so."""
    page = page_of(name) if settings.SERVE_DOCS else None
    if page is None:
        raise Http404
    return render(request, "document.html", {"page": page})
