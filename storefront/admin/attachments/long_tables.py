"""CSV files of files to attach that are too long for one request: progress, preview, report."""

from collections.abc import Iterator
from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import (
    Http404,
    HttpRequest,
    HttpResponseRedirect,
    StreamingHttpResponse,
)
from django.http.response import HttpResponseBase
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.urls.resolvers import URLPattern
from django.utils import timezone
from django.utils.translation import gettext as _

from downloads.errors import BadInput
from downloads.fulfilment.rules import REFUSED, SkuRow, Verdict
from downloads.models import AttachmentTable, AttachmentTableRow, Shop
from storefront.admin.attachments.csv_forms import ALL, ConfirmForm
from storefront.admin.attachments.csv_rows import CSV, refused_lines
from storefront.admin.base import ScopedAdmin
from storefront.backfills import attaching
from storefront.staff.roles import rows_where

ATTACH = "downloads.add_attachment"
MOST_SHOWN = 100
AT_ONCE = 2000
State = AttachmentTable.State


class AttachesLongTables(ScopedAdmin):
    """The pages about one long table, beside the list of products."""

    def get_urls(self) -> list[URLPattern]:
        view, here = self.admin_site.admin_view, "attach-by-csv/table/<int:table>/"
        return [
            path(here, view(self.attach_table), name="attach_table"),
            path(f"{here}refused/", view(self.table_refused), name="attach_table_refused"),
            *super().get_urls(),
        ]

    def attach_table(self, request: HttpRequest, table: int) -> HttpResponseBase:
        """Show how far a table is and what comes of it; write it once that is confirmed."""
        found, at = _permitted(request, table), timezone.now()
        if request.method == "POST":
            if not attaching.resume(found, at=at):
                _confirm(request, found)
            return HttpResponseRedirect(request.path)
        is_moving = found.is_running and not found.is_cut_off(at)
        is_judged = found.state in (State.CHECKED, State.DONE)
        rows = found.rows.all() if is_judged else found.rows.none()
        is_writing = found.is_all_or_nothing is not None
        context = self.admin_site.each_context(request) | {
            "title": _("Attach by CSV"),
            "opts": self.opts,
            "table": found,
            "form": ConfirmForm(initial={"seen": str(found.pk)}),
            "is_moving": is_moving,
            "is_stopped": found.state == State.FAILED or found.is_cut_off(at),
            "done": found.written if is_writing else found.read,
            "most": found.to_write if is_writing else found.total,
            "is_writing": is_writing,
            "refused": list(rows.filter(outcome=REFUSED)[:MOST_SHOWN]),
            "good": list(rows.exclude(outcome=REFUSED)[:MOST_SHOWN]),
            "refused_url": reverse("admin:attach_table_refused", args=[found.pk]),
        }
        return TemplateResponse(request, "admin/downloads/product/attach_table.html", context)

    def table_refused(self, request: HttpRequest, table: int) -> HttpResponseBase:
        """Hand out the refused rows with their reasons, as they are read."""
        found = _permitted(request, table)
        rows = found.rows.filter(outcome=REFUSED).order_by("pk").iterator(chunk_size=AT_ONCE)
        named = {"Content-Disposition": 'attachment; filename="refused.csv"'}
        return StreamingHttpResponse(_lines(rows), content_type=CSV, headers=named)


def _lines(rows: Iterator[AttachmentTableRow]) -> Iterator[str]:
    # Excel takes a file without this mark for Windows-1252.
    yield "\ufeff"
    yield from refused_lines(
        Verdict(SkuRow(row.line, row.sku, row.file, texts=_texts(row)), REFUSED, row.reason)
        for row in rows
    )


def _texts(row: AttachmentTableRow) -> tuple[str, str]:
    limit, days = row.texts
    return (limit, days)


def _confirm(request: HttpRequest, table: AttachmentTable) -> None:
    form = ConfirmForm(request.POST)
    if not form.is_valid():
        messages.error(request, _("Choose what is done, and send it again."))
        return
    is_all = form.cleaned_data["mode"] == ALL
    try:
        attaching.confirm(table, is_all_or_nothing=is_all, at=timezone.now())
    except BadInput as error:
        messages.error(request, str(error))


def _permitted(request: HttpRequest, number: int) -> AttachmentTable:
    if not request.user.has_perm(ATTACH):
        raise PermissionDenied
    shops: Any = rows_where(Shop.objects.all(), request.user, ATTACH)
    tables = AttachmentTable.objects.select_related("shop").filter(shop__in=shops)
    found = tables.filter(pk=number).first()
    if found is None:
        raise Http404
    return found
