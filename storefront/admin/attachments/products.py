"""Attaching from the list of products and from a product's page; who has files and who has none."""

from collections.abc import Iterable
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.urls.resolvers import URLPattern
from django.utils.decorators import method_decorator
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_POST

from downloads import fulfilment, lookups
from downloads.bidi import isolate
from downloads.models import Asset, Attachment, Product, Shop
from storefront.admin.attachments.terms import (
    days_field,
    defaults_of_shop,
    limit_field,
    terms_in,
)
from storefront.admin.base import ScopedAdmin, visible

MOST_SHOWN = 20
MOST_FILES = 500
VARIANTS, NUMBERS = "variants", "numbers"
ONE_SHOP = gettext_lazy("Choose products of one shop: a file belongs to one.")
NO_FILES = gettext_lazy("This shop has no files yet. Upload one first.")


class FilesFilter(admin.SimpleListFilter):
    """Products whose buyers get something, or nothing."""

    title = gettext_lazy("files")
    parameter_name = "files"

    def lookups(self, request: HttpRequest, model_admin: Any) -> Any:
        return (("none", _("Without files")), ("some", _("With files")))

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        if self.value() not in ("none", "some"):
            return queryset
        return lookups.without_files(queryset, has_some=self.value() == "some")


class AttachForm(forms.Form):
    """Which file, for whom of some products of a shop, and on which terms."""

    asset = forms.ModelChoiceField(queryset=Asset.objects.none(), label=gettext_lazy("File"))
    reach = forms.ChoiceField(
        label=gettext_lazy("For"),
        widget=forms.RadioSelect,
        initial=NUMBERS,
        choices=(
            (NUMBERS, gettext_lazy("all variants of these products, later ones too")),
            (VARIANTS, gettext_lazy("these variants alone")),
        ),
    )
    limit = limit_field()
    lifetime_days = days_field()

    def __init__(self, *args: Any, assets: QuerySet[Asset], shop: Shop, **options: Any) -> None:
        super().__init__(*args, **options)
        chooser: Any = self.fields["asset"]
        chooser.queryset = assets
        terms = (self.fields["limit"], self.fields["lifetime_days"])
        for field, applies in zip(terms, defaults_of_shop(shop), strict=True):
            shown: Any = field
            shown.initial = ""
            shown.show(applies)


def assets_of(request: HttpRequest, shop: Shop) -> QuerySet[Asset]:
    """Return the files of a shop that its reader may attach, by their titles."""
    return visible(Asset.objects.filter(shop=shop, withdrawn_at=None), request).order_by("title")


def attach(
    request: HttpRequest,
    shop: Shop,
    products: Iterable[Product],
    entered: dict[str, Any],
    *,
    numbers: Iterable[int] = (),
) -> None:
    """Attach what was entered to products, and say to how many, and who lacks it."""
    asset, rows = entered["asset"], list(products)
    by_number: set[Any] = {row.product_id for row in rows if entered["reach"] == NUMBERS} - {None}
    alone = [row for row in rows if row.product_id not in by_number]
    terms = terms_in(entered)
    count = fulfilment.rules.attach_to_numbers(shop, asset, by_number | {*numbers}, **terms)
    count += fulfilment.rules.attach_to_each(shop, asset, alone, **terms)
    words = ngettext(
        "“%(file)s” was attached to %(count)s product.",
        "“%(file)s” was attached to %(count)s products.",
        count,
    )
    messages.success(request, words % {"file": isolate(asset.title), "count": count})
    tell_past_orders(request, asset)


def tell_past_orders(request: HttpRequest, asset: Asset) -> None:
    """Lead to giving an asset to past orders: that is a step of its own."""
    words = format_html(
        '{} <a href="{}">{}</a>',
        _("Earlier purchases stay as they are."),
        reverse("admin:asset_past_orders", args=[asset.pk]),
        _("Give it to past orders…"),
    )
    messages.info(request, words)


class AttachActs(ScopedAdmin):
    """What is done about files on the pages of products."""

    asked_elsewhere = {"attach": "downloads.add_attachment"}

    def has_attach_permission(self, request: HttpRequest) -> bool:
        return self.may(request, "attach")

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view(self.leave_out)
        return [
            path("<uuid:number>/leave-out/", view, name="product_leave_out"),
            *super().get_urls(),
        ]

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any
    ) -> HttpResponse:
        product = context["original"]
        if product is not None:
            found = Attachment.objects.filter(product=product).exclude(source=None)
            rows = visible(found, request).select_related("asset", "source")
            context["by_rule"] = list(rows[:MOST_SHOWN])
            context["may_leave_out"] = self.may(request, "attach", product)
        return super().render_change_form(request, context, *args, **kwargs)

    @method_decorator(require_POST)
    def leave_out(self, request: HttpRequest, number: object) -> HttpResponseBase:
        """Keep what a rule attaches from the buyers of one variant."""
        product = self.get_object(request, str(number))
        if product is None:
            raise Http404
        if not self.may(request, "attach", product):
            raise PermissionDenied
        row = product.attachments.exclude(source=None).filter(pk=_key(request)).first()
        if row is None:
            messages.error(request, _("This is not attached any more. Look at the page again."))
        else:
            fulfilment.rules.leave_out(product, row.asset)
            words = _("“%(file)s” is not given to later buyers of this variant.")
            messages.success(request, words % {"file": isolate(row.asset.title)})
        return HttpResponseRedirect(reverse("admin:downloads_product_change", args=[product.pk]))

    @admin.action(description=gettext_lazy("Attach a file…"), permissions=["attach"])
    def attach_file(
        self, request: HttpRequest, products: QuerySet[Product]
    ) -> HttpResponseBase | None:
        shops = list(Shop.objects.filter(pk__in=products.order_by().values("shop"))[:2])
        if len(shops) > 1:
            messages.error(request, str(ONE_SHOP))
            return None
        shop, assets = shops[0], assets_of(request, shops[0])
        if not assets.exists():
            messages.error(request, str(NO_FILES))
            return None
        is_sent = "confirmed" in request.POST
        form = AttachForm(request.POST if is_sent else None, assets=assets, shop=shop)
        if is_sent and form.is_valid():
            attach(request, shop, products, form.cleaned_data)
            return None
        context = self.admin_site.each_context(request) | {
            "title": _("Attach a file"),
            "opts": self.opts,
            "form": form,
            "count": products.count(),
            "products": products[:MOST_SHOWN],
            "chosen": request.POST.getlist(ACTION_CHECKBOX_NAME),
            "select_across": request.POST.get("select_across", "0"),
        }
        return TemplateResponse(request, "admin/downloads/product/attach.html", context)


def _key(request: HttpRequest) -> int:
    text = request.POST.get("attachment", "")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 19 else 0
