"""Assets: uploaded files and links."""

from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.urls.resolvers import URLPattern
from django.utils import timezone
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from downloads import fulfilment
from downloads.bidi import isolate_html
from downloads.errors import BadInput, StorageDown
from downloads.models import Asset, Grant
from downloads.preview_links import preview_hint
from storefront.admin.actions import act_on_each
from storefront.admin.assets.form import AssetForm
from storefront.admin.attachments.assets import FileActs
from storefront.admin.attachments.terms import FLAGS
from storefront.admin.closures import closed_among
from storefront.delivery.views import check_answer
from storefront.formats import spaced_size


@admin.register(Asset)
class AssetAdmin(FileActs):
    form = AssetForm
    list_display = ("title", "shop", "kind", "size", "is_open")
    list_select_related = ("shop",)
    list_filter = ("shop",)
    search_fields = ("title", "file_name", "link")
    search_help_text = gettext_lazy("Title, file or link")
    autocomplete_fields = ("shop",)
    readonly_fields = ("stored_file", "sha256", "withdrawn_at")
    fields = ("shop", "title", "upload", "link", "stated_size", *FLAGS, *readonly_fields)
    change_form_template = "admin/downloads/asset/change_form.html"
    actions = ("withdraw", "restore")
    remedy = "withdraw"
    remedy_words = gettext_lazy("Withdraw instead: nobody can download it until you restore it")

    def get_readonly_fields(self, request: HttpRequest, obj: Asset | None = None) -> Any:
        # Products and orders of the shop may hold it, so it stays there.
        return self.readonly_fields if obj is None else ("shop", *self.readonly_fields)

    def get_fields(self, request: HttpRequest, obj: Asset | None = None) -> Any:
        if obj is None or not obj.file:
            return self.fields
        place = self.fields.index("upload") + 1
        return (*self.fields[:place], "file_name", *self.fields[place:])

    def get_form(
        self,
        request: HttpRequest,
        obj: Asset | None = None,
        change: bool = False,  # noqa: FBT002 (Django's signature)
        **kwargs: Any,
    ) -> type[AssetForm]:
        form = super().get_form(request, obj, change, **kwargs)
        return type(form.__name__, (form,), {"person": request.user})

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any
    ) -> HttpResponse:
        form = context["adminform"].form
        if isinstance(form, AssetForm) and form.errors:
            form.keep_upload()
        return super().render_change_form(request, context, *args, **kwargs)

    def save_model(self, request: HttpRequest, obj: Asset, form: Any, change: bool) -> None:
        # First of all: the other verbs save the whole row.
        if change and FLAGS.keys() & {*form.changed_data}:
            fulfilment.rules.set_default_terms(obj)
        upload, name = form.cleaned_data["upload"], form.cleaned_data["file_name"]
        if upload:
            fulfilment.store_file(obj, upload)
        elif obj.link:
            self._save_link(request, obj, form)
        else:
            obj.save(update_fields=["title"])
        if obj.file and name and "file_name" in form.changed_data:
            fulfilment.rename_file(obj, name)
        form.forget_kept()

    def _save_link(self, request: HttpRequest, obj: Asset, form: Any) -> None:
        # Untouched, the exact figure stays: the form shows it rounded.
        is_kept = "stated_size" not in form.changed_data and not obj.file
        size = obj.size_bytes if is_kept else form.cleaned_data["stated_size"]
        fulfilment.store_link(obj, size_bytes=size)
        if size and not is_kept:
            messages.info(request, _("Size understood as {size}.").format(size=spaced_size(size)))
        hint = preview_hint(obj.link) if "link" in form.changed_data else None
        if hint:
            messages.warning(request, hint)

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

    @admin.display(description=gettext_lazy("kind"))
    def kind(self, asset: Asset) -> str:
        return _("file") if asset.kind == Asset.FILE else _("link")

    @admin.display(description=gettext_lazy("size"))
    def size(self, asset: Asset) -> str | None:
        return spaced_size(asset.size_bytes)

    @admin.display(description=gettext_lazy("open"), boolean=True)
    def is_open(self, asset: Asset) -> bool:
        return asset.withdrawn_at is None

    @admin.display(description=gettext_lazy("stored file"))
    def stored_file(self, asset: Asset) -> str:
        if not asset.file:
            return "–"
        return format_html(
            '<a href="{}">{}</a> ({}, {})',
            reverse("admin:asset_file", args=[asset.pk]),
            isolate_html(asset.file_name),
            spaced_size(asset.size_bytes),
            asset.content_type,
        )

    @admin.action(description=gettext_lazy("Withdraw from all orders"), permissions=["change"])
    def withdraw(self, request: HttpRequest, assets: QuerySet[Asset]) -> None:
        at = timezone.now()

        def close(asset: Asset) -> None:
            if asset.withdrawn_at is not None:
                raise BadInput(_("This was withdrawn before."))
            fulfilment.withdraw_asset(asset, at=at)

        done = _("withdrawn; nobody can download it until you restore it")
        act_on_each(request, assets, close, done=done)

    @admin.action(description=gettext_lazy("Restore to all orders"), permissions=["change"])
    def restore(self, request: HttpRequest, assets: QuerySet[Asset]) -> None:
        restored = []

        def reopen(asset: Asset) -> None:
            if asset.withdrawn_at is None:
                raise BadInput(_("This was not withdrawn."))
            fulfilment.restore_asset(asset)
            restored.append(asset)

        act_on_each(request, assets, reopen, done="restored")
        grants = Grant.objects.filter(asset__in=restored)
        if shut := closed_among(grants, at=timezone.now()):
            messages.warning(request, _("Of their downloads: {shut}").format(shut=shut))
