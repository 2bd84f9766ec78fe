"""Django settings, and the one reader of the environment.

Every value has a default that is safe on a laptop; `storefront.checks.settings` refuses to start in
production with one that is not safe there. `config/settings.toml` is the table of them all; here
stands what Django or the product makes of them.
"""

import os
from urllib.parse import urlsplit

from config.apps import (  # noqa: F401
    AUTH_PASSWORD_VALIDATORS,
    AUTHENTICATION_BACKENDS,
    DJANGO_GUID,
    GRAPHENE,
    INSTALLED_APPS,
    MIDDLEWARE,
    PASSWORD_HASHERS,
    SESSION_ENGINE,
    TEMPLATES,
)
from config.databases import opened
from config.dotenv import BASE_DIR, env
from config.email import read_url, sent_by
from config.logging import LEVELS, logging_to
from config.openapi import SPECTACULAR_SETTINGS  # noqa: F401
from config.security_headers import (  # noqa: F401 (Django reads them by their names here)
    CONTENT_SECURITY_POLICY,
    CORS_ALLOW_ALL_ORIGINS,
    CORS_ALLOW_METHODS,
    CORS_EXPOSE_HEADERS,
    CORS_URLS_REGEX,
)
from config.table import BOUNDS, given  # noqa: F401 (the checks hold each number to its bounds)

vars().update(vars(given))

# --- Where and how it runs ---------------------------------------------------------------------

LAPTOP_SECRET_KEY = "laptop-only-not-a-secret-9d1f6a3c5b7e8024c6a1"  # noqa: S105
SECRET_KEY = env.str("SECRET_KEY", default=LAPTOP_SECRET_KEY)
LAPTOP_ENCRYPTION_KEY = "bGFwdG9wLW9ubHktbm90LWEtc2VjcmV0LTAwMDAwMDA="
# The first one encrypts, each of them decrypts: a new key is put in front.
ENCRYPTION_KEYS = env.list("ENCRYPTION_KEYS", default=[LAPTOP_ENCRYPTION_KEY])

LAPTOP_BASE_URL = "http://localhost:8000"
PUBLIC_BASE_URL = env.base_url("PUBLIC_BASE_URL", default=LAPTOP_BASE_URL)
_public = urlsplit(PUBLIC_BASE_URL)
# Links never come from the request's Host, so the machine's own names stay open to probes.
ALLOWED_HOSTS = env.list(
    "ALLOWED_HOSTS", default=[_public.hostname or "localhost", "localhost", "127.0.0.1", "[::1]"]
)
CSRF_TRUSTED_ORIGINS = env.list(
    "CSRF_TRUSTED_ORIGINS", default=[f"{_public.scheme}://{_public.netloc}"]
)

# All state of the embedded default lives in this folder. It holds buyers' addresses: no business of
# other users of the machine.
DATA_DIR = env.folder("DATA_DIR", default=BASE_DIR / "var")
LOG_DIR, STATIC_ROOT = env.inside(DATA_DIR, "logs"), env.inside(DATA_DIR, "static")

# --- Mail ----------------------------------------------------------------------------------------

LAPTOP_MAIL_FROM = "downloads@localhost"
MAIL_FROM = env.str("MAIL_FROM", default=LAPTOP_MAIL_FROM)
_mail = read_url(lambda: env.email("EMAIL_URL", default="consolemail://"))
vars().update(sent_by(_mail, provider=given.MAIL_PROVIDER))
EMAIL_TIMEOUT = given.MAIL_TIMEOUT_SECONDS

# --- Django ------------------------------------------------------------------------------------

ROOT_URLCONF = "config.urls"
WSGI_APPLICATION = "config.wsgi.application"
ASGI_APPLICATION = "config.asgi.application"
APPEND_SLASH = False
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

_database = env.db("DATABASE_URL", default=f"sqlite:///{DATA_DIR / 'db.sqlite3'}")
_database["CONN_MAX_AGE"] = given.DATABASE_MAX_AGE_SECONDS
_database["CONN_HEALTH_CHECKS"] = True
DATABASES = {
    "default": opened(
        _database,
        tests_in=DATA_DIR,
        patience_seconds=given.DATABASE_TIMEOUT_SECONDS,
        prepares=given.DATABASE_PREPARES,
    )
}
# Counts who asks too often; share it (Redis) when more than one process serves.
CACHES = {"default": env.cache("CACHE_URL", default="locmemcache://downloads")}
_is_alone = CACHES["default"]["BACKEND"].endswith("LocMemCache")
if CACHES["default"]["BACKEND"].endswith("RedisCache"):
    CACHES["default"]["BACKEND"] = "config.redis_cache.OneTripRedisCache"
# More would share one core's time; two of 32 threads fit PostgreSQL's 100 connections.
WORKERS = env.int("WORKERS", default=1 if _is_alone else min(os.cpu_count() or 1, 2))
if _is_alone:
    # The default of 300 entries would let a crowd of strangers push each other's counts out.
    CACHES["default"]["OPTIONS"] = {"MAX_ENTRIES": 100_000}

# Work that needs no answer at once; by default in the database, for `manage.py worker`.
TASKS = {
    "default": {
        "BACKEND": given.TASKS_BACKEND,
        "QUEUES": ["default", "platforms"],
        "OPTIONS": given.TASKS_OPTIONS,
    }
}

MEDIA_ROOT = DATA_DIR / "uploads"
# Files are never served under a public address: they leave through a counted one.
MEDIA_URL = ""
STATIC_URL = "/static/"
WHITENOISE_USE_FINDERS = True
# nginx reads them by the service's group; nobody else of the machine does.
_is_shared = given.FILES_LEAVE_BY == "nginx"
FILE_UPLOAD_PERMISSIONS = 0o640 if _is_shared else 0o600
FILE_UPLOAD_DIRECTORY_PERMISSIONS = 0o750 if _is_shared else 0o700
DATA_UPLOAD_MAX_MEMORY_SIZE = 2 * 1024 * 1024
# The forms that take a file, from those who may send one, have handlers that keep it.
FILE_UPLOAD_HANDLERS = ["storefront.http.body_limits.DiscardsFiles"]
# An order's page sends two for each of its lines and downloads; Django's 1,000 closed large ones.
DATA_UPLOAD_MAX_NUMBER_FIELDS = 10_000

SESSION_COOKIE_AGE = given.STAFF_SESSION_HOURS * 60 * 60
PASSWORD_RESET_TIMEOUT = given.STAFF_LINK_HOURS * 60 * 60

LOCALE_PATHS = [BASE_DIR / "storefront" / "locale"]
FORMAT_MODULE_PATH = "config.formats"
USE_TZ = True

# --- What leaves the house ---------------------------------------------------------------------

GRAPHQL_HINTS = env.bool("GRAPHQL_HINTS", default=not given.PRODUCTION)
SECURE_SSL_REDIRECT = env.bool("SECURE_SSL_REDIRECT", default=given.PRODUCTION)
SECURE_REDIRECT_EXEMPT = [r"^healthz$", r"^readyz$"]
SECURE_HSTS_SECONDS = env.int("SECURE_HSTS_SECONDS", default=31_536_000 if given.PRODUCTION else 0)
# They ask for SECURE_HSTS_INCLUDE_SUBDOMAINS and SECURE_HSTS_PRELOAD: both bind names of the domain
# that are not ours, and the second one for months after its end.
SILENCED_SYSTEM_CHECKS = ["security.W005", "security.W021"]
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if given.TRUSTED_PROXIES else None
# The admin's forms need an origin to compare; answers for customers say no-referrer themselves.
SECURE_REFERRER_POLICY = "same-origin"
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = given.PRODUCTION
CSRF_COOKIE_HTTPONLY = True
X_FRAME_OPTIONS = "DENY"

REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": [],
    "DEFAULT_PERMISSION_CLASSES": [],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["rest_framework.parsers.JSONParser"],
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
    "EXCEPTION_HANDLER": "storefront.rest.exceptions.answer_rest_error",
    "NUM_PROXIES": given.TRUSTED_PROXIES,
    "UNAUTHENTICATED_USER": None,
    "URL_FORMAT_OVERRIDE": None,
}

_level = env.one_of("LOG_LEVEL", LEVELS, default="INFO")
_log_file = LOG_DIR / "downloads.log" if given.LOG_TO_FILE else None
LOGGING = logging_to(_log_file, level=_level)
