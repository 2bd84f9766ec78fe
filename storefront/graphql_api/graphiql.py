"""GraphiQL, the in-browser IDE for the GraphQL API (face B), where the setting allows it."""

from csp.constants import NONCE
from csp.decorators import csp_update
from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_safe

# Its fonts stand inside its stylesheet; the one style its dialogs add carries the page's nonce.
POLICY = {"font-src": ["data:"], "style-src": [NONCE]}


# A page that only reads: without the exemption POST would tell it from an unknown path.
@csrf_exempt
def graphiql(request: HttpRequest) -> HttpResponseBase:
    """Serve GraphiQL, filled in with `GRAPHIQL_HEADERS`; without `GRAPHIQL`, answer 404."""
    if not settings.GRAPHIQL:
        raise Http404
    return _page(request)


@require_safe
@csp_update(POLICY)
def _page(request: HttpRequest) -> HttpResponse:
    start = {"url": reverse("face-b"), "headers": settings.GRAPHIQL_HEADERS}
    return render(request, "graphiql.html", {"start": start})
