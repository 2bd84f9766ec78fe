"""Installed apps, middleware, templates, authentication: what no environment changes."""

from pathlib import Path

INSTALLED_APPS = [
    "storefront.staff.admin_config.StaffAdminConfig",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
    "corsheaders",
    "csp",
    "rest_framework",
    "drf_spectacular",
    "graphene_django",
    "django_guid",
    "django_tasks",
    "django_tasks_db",
    "anymail",
    "downloads",
    "storefront",
]
MIDDLEWARE = [
    # Past all but a few of those below, for what is asked without a session.
    "storefront.http.chain.faces.ShortensFaces",
    "django_guid.middleware.guid_middleware",
    # These mark every answer: the redirect to https too, and what a middleware refuses by itself.
    "storefront.http.private_responses.PrivateAnswers",
    "storefront.http.cors.CrossOriginAnswers",
    # Before whatever reads a body: the CSRF check does.
    "storefront.http.body_limits.LimitsBodies",
    "csp.middleware.CSPMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    # A proxy that is not counted has each request sent to https again and again.
    "storefront.http.proxies.NotesProxies",
    "django.middleware.security.SecurityMiddleware",
    # Those behind it ask for the host, which a probe need not know.
    "storefront.http.probes.AnswersProbes",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "corsheaders.middleware.CorsMiddleware",
    # Those behind it ask the database.
    "storefront.http.upgrades.AnswersUpgrades",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django_otp.middleware.OTPMiddleware",
    "storefront.staff.audit_middleware.NamesActor",
    "storefront.staff.screen.locale.LeavesNoLocale",
    "django.contrib.messages.middleware.MessageMiddleware",
    "storefront.staff.input_guard.RefusesMalformed",
    "storefront.pages.outages.AnswersOutages",
]
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [Path(__file__).resolve().parent.parent / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ],
            # Words of others stand in every page.
            "builtins": ["storefront.templatetags.bidi"],
        },
    },
]
# Staff: passwords as Django has them, permissions by role.
AUTHENTICATION_BACKENDS = ["storefront.staff.roles.RoleBackend"]
SESSION_ENGINE = "storefront.staff.session_store"
PASSWORD_HASHERS = [
    "downloads.hashers.SparingArgon2",
    "downloads.hashers.PatientPBKDF2",
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{rule}Validator"}
    for rule in ("UserAttributeSimilarity", "MinimumLength", "CommonPassword")
]
GRAPHENE = {"SCHEMA": "storefront.graphql_api.schema.schema", "SCHEMA_OUTPUT": "schema.graphql"}
# Each request has an id, a caller's own UUID or a fresh one; our log lines and the answer tell it.
DJANGO_GUID = {"GUID_HEADER_NAME": "X-Request-ID", "EXPOSE_HEADER": False}
