"""The front page."""

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_safe

from downloads import lookups
from storefront.demo.example import ORDER_TOKEN
from storefront.pages.languages import page


@csrf_exempt
@require_safe
def home(request: HttpRequest) -> HttpResponse:
    """Render the front page; on a laptop with a demo, link to it."""
    has_demo = not settings.PRODUCTION and lookups.has_order(ORDER_TOKEN)
    context = {
        "demo_token": ORDER_TOKEN if has_demo else None,
        "has_docs": settings.SERVE_DOCS,
    }
    return page(request, "home.html", context)
