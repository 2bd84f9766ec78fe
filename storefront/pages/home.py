"""The front page."""

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_safe

from downloads import lookups
from storefront.demo.example import ORDER_TOKEN


@csrf_exempt
@require_safe
def home(request: HttpRequest) -> HttpResponse:
    """Render the front page; on a laptop with a demo, link to it."""
    has_demo = not settings.PRODUCTION and lookups.has_order(ORDER_TOKEN)
    context = {
        "demo_token": ORDER_TOKEN if has_demo else None,
        "has_docs": settings.SERVE_DOCS,
    }
    return render(request, "home.html", context)
