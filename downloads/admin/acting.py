"""How the admin's actions speak: how many rows changed, and which were refused and why."""

from collections.abc import Callable, Iterable
from typing import Any

from django.contrib import messages
from django.contrib.admin import ModelAdmin
from django.http import HttpRequest
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
