"""Liveness and readiness probes: /healthz and /readyz."""

from typing import Any

from django.conf import settings
from django.db import Error as DatabaseFault
from django.db import connection, transaction
from django.db.backends.base.base import BaseDatabaseWrapper
from django.http import HttpRequest, JsonResponse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_safe

from downloads import lookups
from downloads.health import failing_parts


@csrf_exempt
@require_safe
def healthz(request: HttpRequest) -> JsonResponse:
    """Say that the process answers."""
    return JsonResponse({"status": "ok"})


@csrf_exempt
@require_safe
def readyz(request: HttpRequest) -> JsonResponse:
    """Say whether database, migrations and storage are fit to serve, and when the worker was seen.

    A silent worker keeps nobody from being served: the status is that of the other parts. `worker`
    is left out where the database cannot be asked; `since` is null where there never was one.
    """
    failing = failing_parts(connection)
    worker = _worker_seen(connection)
    if not failing:
        return JsonResponse({"status": "ok"} | worker)
    return JsonResponse(
        {"status": "unavailable", "failing": failing} | worker,
        status=503,
        headers={"Retry-After": str(settings.RETRY_AFTER_SECONDS)},
    )


def _worker_seen(connection: BaseDatabaseWrapper) -> dict[str, Any]:
    try:
        # A table that is still to come spoils no transaction around this.
        with transaction.atomic(using=connection.alias):
            since = lookups.worker_seen_at()
    except DatabaseFault:
        return {}
    return {"worker": {"since": since and since.replace(microsecond=0)}}
