"""Request body size limits by route and user, judged before any of it is read."""

from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.contrib import admin
from django.contrib.admin import ModelAdmin
from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied
from django.core.files.uploadhandler import (
    FileUploadHandler,
    MemoryFileUploadHandler,
    SkipFile,
)
from django.http import HttpRequest, UnreadablePostError
from django.http.response import HttpResponseBase
from django.urls import reverse

from downloads import room
from downloads.errors import DiskFull, DownloadsError, NoRoom
from downloads.models import Asset, Shop
from storefront.http.errors import CutShort, RequestRefused, TooLarge, status_of
from storefront.http.json_errors import json_error, reads_json
from storefront.http.multipart import KeepsNames, TemporaryUploads
from storefront.http.requests import declared_length, require_length
from storefront.models import OrderImport
from storefront.pages.errors import refusal_page
from storefront.staff.roles import rows_where

# Forms that read their body without the CSRF check. What else is exempt from it reads within a
# limit of its own, answers in its own words, or reads nothing.
EXEMPT_FORMS = {"links", "account", "invitation", "bounces"}
EXEMPT_FORMS |= {"admin:password_link", "admin:forgotten_password"}
# Pages of the admin by which somebody signs in. All others are for who has.
OPEN_PAGES = {"admin:login", "admin:logout", "admin:second_factor", "admin:second_factor_set_up"}
# Where a form carries a file: an asset's, a shop's logo, that of an import, and rows to attach by.
UPLOAD_FORMS = {"admin:downloads_asset_add", "admin:downloads_asset_change"}
LOGO_FORMS = {"admin:downloads_shop_add", "admin:downloads_shop_change"}
IMPORT_FORM = "admin:storefront_orderimport_add"
ATTACH_FORM = "admin:attach_by_csv"
ATTACHES = "downloads.add_attachment"
ADDS_ASSETS = "downloads.add_asset"
# Around the file: the form's other fields.
FORM_BYTES = 1024 * 1024


class DiscardsFiles(FileUploadHandler):
    """Skip every file of a form, so that nothing of it is written anywhere."""

    def new_file(self, *args: Any, **kwargs: Any) -> None:
        raise SkipFile

    def receive_data_chunk(self, raw_data: bytes, start: int) -> None:
        return None

    def file_complete(self, file_size: int) -> None:
        return None


class LimitsBodies:
    """Refuse a body larger than its sender may send at its path, with 413 and unread.

    A file that there is no room for is refused with 507, unread too. It stands before the CSRF
    check, which is the first to read.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        return self.get_response(request)

    def process_view(
        self, request: HttpRequest, view: Any, args: Any, kwargs: dict[str, Any]
    ) -> HttpResponseBase | None:
        """Check the declared length by route and user.

        Raises:
            PermissionDenied: a form with a file, from somebody who may not save it.
        """
        name = request.resolver_match.view_name if request.resolver_match else ""
        is_exempt = getattr(view, "csrf_exempt", False)
        if request.method != "POST" or (is_exempt and name not in EXEMPT_FORMS):
            return None
        is_staff = admin.site.has_permission(request) if name.startswith("admin:") else False
        limit, asset = settings.BODY_MAX_BYTES, None
        if is_staff:
            largest, asset = _file_of(request, name, kwargs.get("object_id"))
            if largest is not None:
                limit = largest + FORM_BYTES
                request.upload_handlers = handlers_of_uploads(request)
        try:
            _judge_length(request, limit)
            if name == IMPORT_FORM:
                room.require_disk(OrderImport().file.storage, declared_length(request))
            if asset is not None:
                _require_room(request, asset)
        except (RequestRefused, TooLarge, NoRoom, DiskFull) as refused:
            return _refused(request, refused)
        is_open = not name.startswith("admin:") or name in OPEN_PAGES | EXEMPT_FORMS
        if is_open or is_staff:
            return None
        return redirect_to_login(request.get_full_path(), reverse("admin:login"))

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponseBase | None:
        return answer_broken_body(request, error)


def answer_broken_body(request: HttpRequest, error: Exception) -> HttpResponseBase | None:
    """Answer a body that was cut short: the client's fault, not one of ours. Else return None.

    So too a file that others were quicker than: there was room when it was judged.
    """
    if isinstance(error, NoRoom | DiskFull):
        return _refused(request, error)
    return _refused(request, CutShort()) if isinstance(error, UnreadablePostError) else None


def handlers_of_uploads(request: HttpRequest) -> list[FileUploadHandler]:
    """Return the upload handlers of a form that may carry a file."""
    return [KeepsNames(request), MemoryFileUploadHandler(request), TemporaryUploads(request)]


def _file_of(
    request: HttpRequest, name: str, object_id: str | None
) -> tuple[int | None, Asset | None]:
    """Return how many bytes a form's file may have, None where it has none; and whose it is.

    Raises:
        PermissionDenied: to somebody who may not save it.
    """
    if name in UPLOAD_FORMS:
        return settings.UPLOAD_MAX_BYTES, _asset_to_save(request, object_id)
    if name in LOGO_FORMS and _may_save_shop(request, object_id):
        # The form's texts alone may be as large as any other.
        return max(settings.LOGO_MAX_BYTES, settings.BODY_MAX_BYTES), None
    if name == IMPORT_FORM:
        _require_import(request)
        return settings.IMPORT_MAX_BYTES, None
    if name == ATTACH_FORM:
        if not request.user.has_perm(ATTACHES):
            raise PermissionDenied
        return settings.ATTACH_CSV_MAX_BYTES, None
    return None, None


def _refused(request: HttpRequest, error: DownloadsError) -> HttpResponseBase:
    if reads_json(request):
        return json_error(request, str(error), status_of(error))
    return refusal_page(request, error)


def _asset_to_save(request: HttpRequest, object_id: str | None) -> Asset:
    """Return the asset whose form is sent, or a new one whose shop only the form will name."""
    assets: ModelAdmin[Asset] = admin.site.get_model_admin(Asset)
    if object_id is None:
        if not assets.has_add_permission(request):
            raise PermissionDenied
        return Asset()
    asset = assets.get_object(request, object_id)
    if asset is None or not assets.has_change_permission(request, asset):
        raise PermissionDenied
    return asset


def _may_save_shop(request: HttpRequest, object_id: str | None) -> bool:
    """Say whether the sender may save this shop: who may not is refused once the form is read."""
    shops: ModelAdmin[Shop] = admin.site.get_model_admin(Shop)
    if object_id is None:
        return shops.has_add_permission(request)
    shop = shops.get_object(request, object_id)
    return shop is not None and shops.has_change_permission(request, shop)


def _require_import(request: HttpRequest) -> None:
    imports: ModelAdmin[OrderImport] = admin.site.get_model_admin(OrderImport)
    if not imports.has_add_permission(request):
        raise PermissionDenied


def _judge_length(request: HttpRequest, limit: int) -> None:
    require_length(request)
    if declared_length(request) > limit:
        raise TooLarge(f"A request here may have {limit:,} bytes.")


def _require_room(request: HttpRequest, asset: Asset) -> None:
    # How much of the body is the file is not known yet; this much of it is, at least. The rest is
    # judged once the form is read.
    size_bytes = declared_length(request) - FORM_BYTES
    if size_bytes <= 0:
        return
    if asset.shop_id is None:
        shops = rows_where(Shop.objects.all(), request.user, ADDS_ASSETS)
        room.require_room_in_one(shops, size_bytes)
    else:
        room.require_room(asset.shop, size_bytes, replaces=asset)
    room.require_disk(asset.file.storage, size_bytes)
