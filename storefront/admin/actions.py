"""Admin action helpers: run a verb on rows, report how many changed and which were refused."""

import json
from collections.abc import Callable, Iterable
from typing import Any

from django.contrib import messages
from django.contrib.admin import ModelAdmin
from django.core.serializers.json import DjangoJSONEncoder
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils.translation import gettext as _

from downloads.errors import BadInput
from storefront.admin.closures import still_closed

Closed = Callable[[list[Any]], list[str]]


def act_on_each(
    request: HttpRequest,
    rows: Iterable[Any],
    verb: Callable[[Any], object],
    *,
    done: str,
    closed: Closed | None = None,
) -> None:
    """Call a verb of the write door on each row; `done` finishes the sentence "3 downloads …".

    Where an act is to open something, `closed` says of rows what keeps each shut all the same.
    """
    changed, refused = [], []
    for row in rows:
        try:
            verb(row)
        except BadInput as error:
            refused.append((row, str(error)))
        else:
            changed.append(row)
    if changed:
        shut = still_closed(changed, closed) if closed else ""
        level = messages.WARNING if shut else messages.SUCCESS
        messages.add_message(
            request,
            level,
            _("{count} {done}. {shut}").format(count=len(changed), done=done, shut=shut).strip(),
        )
    for row, why in refused:
        shut = still_closed([row], closed) if closed else ""
        messages.error(request, f"{row}: {why} {shut}".strip())


def report_count(request: HttpRequest, count: int, *, done: str, none: str) -> None:
    """Say how many rows an act changed; `none` where there was nothing to change."""
    if count:
        messages.success(request, _("{count} {done}.").format(count=count, done=done))
    else:
        messages.error(request, none)


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


def only_row(request: HttpRequest, rows: QuerySet[Any], *, why: Any) -> Any | None:
    """Return the one row chosen; else say `why` it must be one, and return None."""
    if rows.count() == 1:
        return rows.get()
    messages.error(request, _("Choose exactly one: {why}.").format(why=why))
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
