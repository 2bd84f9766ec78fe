"""Assets: uploaded files and links."""

import re
from decimal import Decimal
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.db.models import QuerySet
from django.http import Http404, HttpRequest
from django.http.response import HttpResponseBase
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.urls.resolvers import URLPattern
from django.utils import timezone
from django.utils.html import format_html

from downloads import fulfilment
from downloads.admin.acting import act_on_each
from downloads.admin.closures import closed_among
from downloads.admin.scoped import ScopedAdmin
from downloads.bidi import isolate_html
from downloads.errors import BadInput, StorageDown
from downloads.fulfilment.storing import check_size, safe_file_name
from downloads.models import Asset, Grant
from storefront.delivery import check_answer
from storefront.serializers import UNITS, size_text

_SIZE = re.compile(r"\A\s*(\d{1,6}(?:[.,]\d{1,3})?)\s*([KMGT]?B)\s*\Z", re.IGNORECASE | re.ASCII)


class AssetForm(forms.ModelForm):
    upload = forms.FileField(
        label="File",
        required=False,
        help_text="Its size, type and checksum are recorded. A new file replaces the old one.",
    )
    stated_size = forms.CharField(
        label="Size of the link",
        required=False,
        help_text='What customers read, like "10MB". Leave empty if unknown; a file\'s is known.',
    )

    class Meta:
        model = Asset
        fields = ("shop", "title", "link")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.instance.link:
            self.initial["stated_size"] = size_text(self.instance.size_bytes)

    def clean_upload(self) -> Any:
        upload = self.cleaned_data["upload"]
        if upload:
            try:
                safe_file_name(upload.name)
                check_size(upload.size)
            except BadInput as error:
                raise ValidationError(str(error)) from error
        return upload

    def clean_stated_size(self) -> int | None:
        text = self.cleaned_data["stated_size"]
        if not text:
            return None
        match = _SIZE.match(text)
        if match is None:
            raise ValidationError('Enter a number and a unit, like "10MB" or "1.5GB".')
        number, unit = Decimal(match[1].replace(",", ".")), match[2].upper()
        return int(number * 1000 ** UNITS.index(unit))

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        has_file = bool(cleaned.get("upload") or (self.instance.file and not cleaned.get("link")))
        if not self.errors and has_file == bool(cleaned.get("link")):
            raise ValidationError("Choose a file or enter a link: one of the two.")
        return cleaned


@admin.register(Asset)
class AssetAdmin(ScopedAdmin):
    form = AssetForm
    list_display = ("title", "shop", "kind", "size", "is_open")
    list_select_related = ("shop",)
    list_filter = ("shop",)
    search_fields = ("title", "file_name", "link")
    autocomplete_fields = ("shop",)
    readonly_fields = ("stored_file", "sha256", "withdrawn_at")
    fields = ("shop", "title", "upload", "link", "stated_size", *readonly_fields)
    actions = ("withdraw", "restore")

    def get_readonly_fields(self, request: HttpRequest, obj: Asset | None = None) -> Any:
        # Products and orders of the shop may hold it, so it stays there.
        return self.readonly_fields if obj is None else ("shop", *self.readonly_fields)

    def save_model(self, request: HttpRequest, obj: Asset, form: Any, change: bool) -> None:
        upload = form.cleaned_data["upload"]
        if upload:
            fulfilment.store_file(obj, upload)
        elif obj.link:
            # Untouched, the exact figure stays: the form shows it rounded.
            is_kept = "stated_size" not in form.changed_data and not obj.file
            size = obj.size_bytes if is_kept else form.cleaned_data["stated_size"]
            fulfilment.store_link(obj, size_bytes=size)
        else:
            obj.save(update_fields=["title"])

    def get_deleted_objects(self, objs: Any, request: HttpRequest) -> Any:
        told, counts, missing, kept = super().get_deleted_objects(objs, request)
        # The grants of orders are what keeps it, not a permission that staff could be given.
        return told, counts, missing - {"grant"}, kept

    def delete_model(self, request: HttpRequest, obj: Asset) -> None:
        fulfilment.delete_asset(obj)

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[Asset]) -> None:
        for asset in queryset:
            fulfilment.delete_asset(asset)

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view(self.check_file)
        return [path("<uuid:number>/file/", view, name="asset_file"), *super().get_urls()]

    def check_file(self, request: HttpRequest, number: object) -> HttpResponseBase:
        """Hand the file to staff, who check it. Nothing is counted."""
        asset = self.get_object(request, str(number))
        if asset is None or asset.kind != Asset.FILE:
            raise Http404
        if not self.has_view_permission(request, asset):
            raise PermissionDenied
        try:
            return check_answer(request, asset)
        except StorageDown as error:
            context = self.admin_site.each_context(request) | {"title": str(error)}
            return TemplateResponse(request, "admin/base_site.html", context, status=503)

    @admin.display(description="size")
    def size(self, asset: Asset) -> str | None:
        return size_text(asset.size_bytes)

    @admin.display(description="open", boolean=True)
    def is_open(self, asset: Asset) -> bool:
        return asset.withdrawn_at is None

    @admin.display(description="stored file")
    def stored_file(self, asset: Asset) -> str:
        if not asset.file:
            return "–"
        return format_html(
            '<a href="{}">{}</a> ({}, {})',
            reverse("admin:asset_file", args=[asset.pk]),
            isolate_html(asset.file_name),
            size_text(asset.size_bytes),
            asset.content_type,
        )

    @admin.action(description="Withdraw from all orders", permissions=["change"])
    def withdraw(self, request: HttpRequest, assets: QuerySet[Asset]) -> None:
        at = timezone.now()

        def close(asset: Asset) -> None:
            if asset.withdrawn_at is not None:
                raise BadInput("This asset was withdrawn before.")
            fulfilment.withdraw_asset(asset, at=at)

        done = "withdrawn; nobody can download it until you restore it"
        act_on_each(request, assets, close, done=done)

    @admin.action(description="Restore to all orders", permissions=["change"])
    def restore(self, request: HttpRequest, assets: QuerySet[Asset]) -> None:
        restored = []

        def reopen(asset: Asset) -> None:
            if asset.withdrawn_at is None:
                raise BadInput("This asset was not withdrawn.")
            fulfilment.restore_asset(asset)
            restored.append(asset)

        act_on_each(request, assets, reopen, done="restored")
        grants = Grant.objects.filter(asset__in=restored)
        if shut := closed_among(grants, at=timezone.now()):
            messages.warning(request, f"Of their downloads: {shut}")
