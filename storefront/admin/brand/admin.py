"""Brand on a shop's page: the logo as it is, the colour as it is shown, and no file left behind."""

from typing import Any

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from downloads.brand.colours import shades_of
from downloads.brand.logos import delete_shop
from downloads.models import Shop
from storefront.admin.brand.form import LOGO, ShopForm
from storefront.admin.brand.previews import PreviewsBrand
from storefront.brand.addresses import logo_url
from storefront.brand.marks import shown


class BrandedAdmin(PreviewsBrand):
    """What a shop's page does about its brand."""

    form = ShopForm
    change_form_template = "admin/downloads/shop/change_form.html"

    @admin.display(description=gettext_lazy("logo"))
    def logo_shown(self, shop: Shop) -> str:
        if not shop.logo:
            return "–"
        size = shown(shop.logo_width), shown(shop.logo_height)
        words = _("The logo of the shop")
        url = logo_url(str(shop.logo.name))
        return format_html('<img src="{}" alt="{}" width="{}" height="{}">', url, words, *size)

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        super().save_related(request, form, formsets, change)
        if "accent" in form.changed_data and form.instance.accent:
            _tell_shades(request, form.instance.accent)

    def delete_model(self, request: HttpRequest, obj: Shop) -> None:
        delete_shop(obj)

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[Shop]) -> None:
        for shop in queryset:
            delete_shop(shop)


def may_upload(fieldsets: Any, *, is_allowed: bool) -> Any:
    """Return a shop's fieldsets without the boxes of a logo, for who may not change it."""
    if is_allowed:
        return fieldsets
    boxes = set(LOGO) - {"logo_shown"}
    return [
        (title, parts | {"fields": tuple(name for name in parts["fields"] if name not in boxes)})
        for title, parts in fieldsets
    ]


def _tell_shades(request: HttpRequest, accent: str) -> None:
    shades = shades_of(accent)
    if {shades.light, shades.dark} != {accent}:
        words = _(
            "Words in {accent} could not be read everywhere: your pages show it as {light} on "
            "light grounds and as {dark} on dark ones."
        )
        messages.info(request, words.format(accent=accent, light=shades.light, dark=shades.dark))
