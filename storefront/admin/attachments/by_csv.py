"""Attach by CSV: upload, a preview of what would come of each row, and what was confirmed."""

import uuid
from io import BytesIO
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.urls.resolvers import URLPattern
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from downloads import fulfilment
from downloads.errors import BadInput, DiskFull, NotFound
from downloads.fulfilment.rules import REFUSED, Tally, Verdict, attach_by_sku, judge_rows
from downloads.models import Shop
from storefront.admin.attachments.csv_forms import ALL, ConfirmForm, CsvForm
from storefront.admin.attachments.csv_rows import (
    CSV,
    CsvRows,
    open_rows,
    refused_lines,
    template_text,
)
from storefront.admin.attachments.long_tables import AttachesLongTables
from storefront.admin.base import ScopedAdmin
from storefront.backfills.attaching import begin_table
from storefront.imports.base import NotRecognised
from storefront.staff.roles import rows_where

ATTACH = "downloads.add_attachment"
MOST_SHOWN = 100
NOT_KEPT = gettext_lazy("The file could not be kept until you confirm. Tell who runs this service.")


class LinksToCsv(ScopedAdmin):
    """A list that leads to attaching by CSV, for who may attach."""

    change_list_template = "admin/downloads/product/change_list.html"

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        own = {"may_attach": request.user.has_perm(ATTACH)}
        return super().changelist_view(request, own | (extra_context or {}))


class AttachesByCsv(LinksToCsv, AttachesLongTables):
    """The pages about a CSV of files to attach, beside the list of products."""

    def get_urls(self) -> list[URLPattern]:
        view, here = self.admin_site.admin_view, "attach-by-csv/"
        upload = f"{here}<int:shop>/<uuid:upload>/"
        return [
            path(here, view(self.attach_by_csv), name="attach_by_csv"),
            path(f"{here}template/", view(self.csv_template), name="attach_csv_template"),
            path(upload, view(self.csv_preview), name="attach_csv_preview"),
            path(f"{upload}refused/", view(self.csv_refused), name="attach_csv_refused"),
            *super().get_urls(),
        ]

    def attach_by_csv(self, request: HttpRequest) -> HttpResponseBase:
        """Take a file, and lead to what would come of it."""
        shops = _shops(request)
        form = CsvForm(request.POST or None, request.FILES or None, shops=shops)
        if form.is_bound and form.is_valid():
            entered = form.cleaned_data
            upload, at = entered["upload"], timezone.now()
            if form.is_long:
                return self._begin_table(request, form)
            kept = fulfilment.keep_upload(upload, person=request.user, at=at)
            if kept is not None:
                where = [entered["shop"].pk, kept.pk]
                return HttpResponseRedirect(reverse("admin:attach_csv_preview", args=where))
            form.add_error("upload", str(NOT_KEPT))
        return self._page(request, "attach_by_csv", form=form)

    def _begin_table(self, request: HttpRequest, form: CsvForm) -> HttpResponseBase:
        upload = form.cleaned_data["upload"]
        upload.seek(0)
        lines = sum(block.count(b"\n") for block in upload.chunks())
        try:
            table = begin_table(
                form.cleaned_data["shop"],
                upload,
                person=request.user,
                total=lines,
                at=timezone.now(),
            )
        except DiskFull as error:
            form.add_error("upload", str(error))
            return self._page(request, "attach_by_csv", form=form)
        return HttpResponseRedirect(reverse("admin:attach_table", args=[table.pk]))

    def csv_template(self, request: HttpRequest) -> HttpResponse:
        """Hand out a file to fill in."""
        _shops(request)
        return _csv("attach.csv", template_text())

    def csv_preview(self, request: HttpRequest, shop: int, upload: uuid.UUID) -> HttpResponseBase:
        """Show what would come of each row, and write it once that is confirmed."""
        owner = _permitted(request, shop)
        try:
            content = _content(request, upload)
            if request.method == "POST":
                self._confirm(request, owner, content)
                return HttpResponseRedirect(request.path)
            opened = open_rows(BytesIO(content))
            tally, refused, good = _summary(owner, opened)
        except (NotFound, NotRecognised) as error:
            messages.error(request, str(error))
            return HttpResponseRedirect(reverse("admin:attach_by_csv"))
        form = ConfirmForm(initial={"seen": tally.digest})
        context = {
            "form": form,
            "shop": owner,
            "counts": tally.counts,
            "would": tally.counts["new"] + tally.counts["changed"],
            "refused": refused,
            "good": good,
            "notes": opened.notes,
            "refused_url": reverse("admin:attach_csv_refused", args=[shop, upload]),
        }
        return self._page(request, "attach_csv_preview", **context)

    def csv_refused(self, request: HttpRequest, shop: int, upload: uuid.UUID) -> HttpResponse:
        """Hand out the refused rows with their reasons."""
        owner = _permitted(request, shop)
        try:
            rows = open_rows(BytesIO(_content(request, upload))).rows
            return _csv("refused.csv", "".join(refused_lines(judge_rows(owner, rows))))
        except (NotFound, NotRecognised) as error:
            raise Http404(str(error)) from error

    def _confirm(self, request: HttpRequest, shop: Shop, content: bytes) -> None:
        form = ConfirmForm(request.POST)
        if not form.is_valid():
            messages.error(request, _("Choose what is done, and send it again."))
            return
        entered = form.cleaned_data
        try:
            tally = attach_by_sku(
                shop,
                open_rows(BytesIO(content)).rows,
                expected=entered["seen"],
                is_all_or_nothing=entered["mode"] == ALL,
            )
        except BadInput as error:
            messages.error(request, str(error))
            return
        words = _("%(new)s attached, %(changed)s changed, %(same)s unchanged, %(refused)s refused.")
        messages.success(request, words % tally.counts)
        messages.info(request, _("Earlier purchases stay as they are."))

    def _page(self, request: HttpRequest, name: str, **context: Any) -> TemplateResponse:
        common = {"title": _("Attach by CSV"), "opts": self.opts}
        page = self.admin_site.each_context(request) | common | context
        return TemplateResponse(request, f"admin/downloads/product/{name}.html", page)


def _shops(request: HttpRequest) -> QuerySet[Shop]:
    if not request.user.has_perm(ATTACH):
        raise PermissionDenied
    return rows_where(Shop.objects.all(), request.user, ATTACH)


def _permitted(request: HttpRequest, number: int) -> Shop:
    shop = _shops(request).filter(pk=number).first()
    if shop is None:
        raise Http404
    return shop


def _content(request: HttpRequest, number: uuid.UUID) -> bytes:
    kept = fulfilment.require_kept_upload(number, person=request.user, at=timezone.now())
    if kept.size_bytes > settings.ATTACH_CSV_MAX_BYTES:
        raise NotFound(_("This file is not kept any longer."))
    with kept.file.open("rb") as file:
        return bytes(file.read())


def _summary(shop: Shop, opened: CsvRows) -> tuple[Tally, list[Verdict], list[Verdict]]:
    """Return the counts, and the first refused rows and the first good ones."""
    tally, refused, good = Tally(), list[Verdict](), list[Verdict]()
    for verdict in judge_rows(shop, opened.rows):
        tally.add(verdict)
        shown = refused if verdict.outcome == REFUSED else good
        if len(shown) < MOST_SHOWN:
            shown.append(verdict)
    return tally, refused, good


def _csv(name: str, text: str) -> HttpResponse:
    named = {"Content-Disposition": f'attachment; filename="{name}"'}
    # Excel takes a file without this mark for Windows-1252.
    return HttpResponse("\ufeff" + text, content_type=CSV, headers=named)
