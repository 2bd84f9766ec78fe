"""Resolve a request's path and call its view: the end of a chain of middleware."""

from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.urls import ResolverMatch, URLResolver, get_resolver

from storefront.http.body_limits import answer_broken_body
from storefront.http.outage_errors import is_outage
from storefront.pages.outages import out_of_reach

# More than there are routes with no part of their own, and platforms.
MOST_PATHS = 200
# Its variable part is a platform, or one of any words that strangers try.
WEBHOOKS = "/webhooks/"


class Views:
    """Answer a request with its view, and what a view let through.

    As Django's handler does, without view middleware, transactions or coroutines: no face has any.
    """

    def __init__(self) -> None:
        self._resolver: URLResolver | None = None
        # Where a path has no variable part, or few that are asked for again and again.
        self._matches: dict[str, ResolverMatch] = {}

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        match = request.resolver_match = self._match(request.path_info)
        try:
            response = match.func(request, *match.args, **match.kwargs)
            if not getattr(response, "is_rendered", True):
                response = response.render()
        except Exception as error:
            answer = _answer(request, error)
            if answer is None:
                raise
            return answer
        return response

    def _match(self, path: str) -> ResolverMatch:
        resolver = get_resolver()
        if resolver is not self._resolver:
            self._resolver, self._matches = resolver, {}
        match = self._matches.get(path)
        if match is None:
            match = resolver.resolve(path)
            if not match.kwargs or (path.startswith(WEBHOOKS) and len(self._matches) < MOST_PATHS):
                self._matches[path] = match
        return match


def _answer(request: HttpRequest, error: Exception) -> HttpResponseBase | None:
    if is_outage(error):
        return out_of_reach(request, error)
    return answer_broken_body(request, error)
