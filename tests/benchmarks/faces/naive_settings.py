"""Settings of the naive views: our database, and Django's middleware as `startproject` has it."""

from config.settings import *  # noqa: F403

ROOT_URLCONF = "tests.benchmarks.faces.naive"
MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
]
GRAPHENE = {"SCHEMA": "tests.benchmarks.faces.naive.schema"}
SESSION_ENGINE = "django.contrib.sessions.backends.db"
