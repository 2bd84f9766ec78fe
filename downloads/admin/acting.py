"""How the admin's actions speak: how many rows changed, and which were refused and why."""

import json
from collections.abc import Callable, Iterable
from typing import Any

from django.contrib import messages
from django.contrib.admin import ModelAdmin
from django.core.serializers.json import DjangoJSONEncoder
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse

from downloads.errors import BadInput


def act_on_each(
    request: HttpRequest, rows: Iterable[Any], verb: Callable[[Any], object], *, done: str
) -> None:
    """Call a verb of the write door on each row; `done` finishes the sentence "3 downloads …"."""
    changed, refused = 0, []
    for row in rows:
        try:
            verb(row)
        except BadInput as error:
            refused.append(f"{row}: {error}")
        else:
            changed += 1
    if changed:
        messages.success(request, f"{changed} {done}.")
    for sentence in refused:
        messages.error(request, sentence)


def show_secret_once(
    model_admin: ModelAdmin, request: HttpRequest, *, title: str, secret: str, use: str
) -> TemplateResponse:
    """Show a fresh credential. Only its hash is stored, so there is no second look."""
    context = model_admin.admin_site.each_context(request) | {
        "title": title,
        "secret": secret,
        "use": use,
        "opts": model_admin.opts,
    }
    return TemplateResponse(request, "admin/downloads/secret.html", context)


def only_row(request: HttpRequest, rows: QuerySet[Any], *, why: str) -> Any | None:
    """Return the one row chosen; else say `why` it must be one, and return None."""
    if rows.count() == 1:
        return rows.get()
    messages.error(request, f"Choose exactly one: {why}.")
    return None


def json_file(document: dict[str, Any], *, name: str) -> HttpResponse:
    """Return a document as a file to save, as readable as JSON gets."""
    text = json.dumps(document, cls=DjangoJSONEncoder, ensure_ascii=False, indent=2)
    # What a shop once said may hold half a character, which no encoding knows.
    return HttpResponse(
        text.encode(errors="replace"),
        content_type="application/json",
        headers={"Content-Disposition": f'attachment; filename="{name}"'},
    )
