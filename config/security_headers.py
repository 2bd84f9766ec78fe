"""Content Security Policy and CORS: which code a page may run, which sites may read an answer.

The same everywhere, so nothing here comes from the environment.
"""

from csp.constants import NONE, SELF

# No inline code, and nobody else's.
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "img-src": [SELF, "data:"],
        **{part: [SELF] for part in ("script-src", "style-src", "font-src", "connect-src")},
        "form-action": [SELF],
        "base-uri": [NONE],
        "frame-ancestors": [NONE],
    },
}
# Where a key or a signature is all it takes. Never where a cookie (the admin) or a secret key
# (/api/v1/) does. Which headers a script may send is not listed here: `storefront.http.cors`.
CORS_ALLOW_ALL_ORIGINS = True
CORS_URLS_REGEX = r"^/(api/(v2/|graphql(/|$)|shop/)|downloads/|downloadable/)"
CORS_ALLOW_METHODS = ["GET", "HEAD", "OPTIONS", "POST"]
_rate_headers = [f"x-ratelimit-{part}" for part in ("limit", "remaining", "reset")]
_page_headers = ["x-total-count", "x-page", "x-per-page", "x-total-pages"]
_file_headers = [
    *("accept-ranges", "content-disposition", "content-length", "content-range", "etag"),
]
CORS_EXPOSE_HEADERS = [
    *("retry-after", "x-request-id"),
    *_rate_headers,
    *_page_headers,
    *_file_headers,
]
