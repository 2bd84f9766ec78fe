"""Attaching from a file's page: to products found by search, to product numbers, to past orders."""

import re
from typing import Any
from uuid import UUID

from django import forms
from django.conf import settings
from django.contrib import messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.db.models import Q, QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.urls.resolvers import URLPattern
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from downloads import lookups
from downloads.errors import BadInput
from downloads.models import Asset, Product
from storefront.admin.attachments.by_csv import LinksToCsv
from storefront.admin.attachments.products import AttachForm, attach
from storefront.admin.base import visible
from storefront.backfills import background
from storefront.formats import whole_number
from storefront.models import Backfill

MOST_FOUND = 50
MOST_SHOWN = 20
MOST_NUMBERS = 1000
NOTHING_CHOSEN = gettext_lazy("Choose products below, or enter product numbers.")


class ReachForm(AttachForm):
    """To which products of its shop a file is attached; the products that were found are ticked."""

    numbers = forms.CharField(
        required=False,
        label=gettext_lazy("Product numbers"),
        widget=forms.Textarea(attrs={"rows": 3, "cols": 40}),
        help_text=gettext_lazy(
            "As your shop has them, separated by spaces, commas or lines. They may be of products "
            "that were not seen here yet."
        ),
    )
    field_order = ("numbers", "reach", "limit", "lifetime_days")

    def __init__(self, *args: Any, found: QuerySet[Product], **options: Any) -> None:
        super().__init__(*args, **options)
        del self.fields["asset"]
        data: Any = self.data
        self.chosen: set[str] = set(data.getlist("product")) if self.is_bound else set()
        self._found = found

    def clean_numbers(self) -> list[int]:
        words = [word for word in re.split(r"[\s,;]+", self.cleaned_data["numbers"]) if word]
        wrong = [word for word in words if not whole_number(word)]
        if wrong:
            raise ValidationError(
                _("“%(word)s” is no product number: those are digits alone.")
                % {"word": wrong[0][:40]}
            )
        if len(words) > MOST_NUMBERS:
            raise ValidationError(
                _("Enter at most %(most)s numbers at once.") % {"most": f"{MOST_NUMBERS:,}"}
            )
        return [int(word) for word in words]

    def clean(self) -> dict[str, Any]:
        entered = super().clean() or {}
        keys = [key for key in self.chosen if _is_key(key)]
        entered["products"] = list(self._found.filter(pk__in=keys))
        if not self.errors and not entered["products"] and not entered.get("numbers"):
            raise ValidationError(str(NOTHING_CHOSEN))
        return entered


class FileActs(LinksToCsv):
    """What is done on a file's page about where it is attached."""

    def may_attach(self, request: HttpRequest, asset: Asset) -> bool:
        return request.user.has_perm("downloads.add_attachment", asset)

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view
        past_orders = path(
            "<uuid:number>/past-orders/", view(self.past_orders), name="asset_past_orders"
        )
        return [
            path("<uuid:number>/attach/", view(self.attach), name="asset_attach"),
            past_orders,
            *super().get_urls(),
        ]

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any
    ) -> HttpResponse:
        asset = context["original"]
        if asset is not None:
            rows, rules = (visible(each, request) for each in lookups.where_attached(asset))
            context |= {
                "attached": list(rows[:MOST_SHOWN]),
                "attached_count": rows.count(),
                "rules": list(rules[:MOST_SHOWN]),
                "rule_count": rules.count(),
                "may_attach": self.may_attach(request, asset),
            }
        return super().render_change_form(request, context, *args, **kwargs)

    def attach(self, request: HttpRequest, number: object) -> HttpResponseBase:
        """Attach a file to products that are found and ticked, and to product numbers."""
        asset = self._permitted(request, number)
        products = visible(Product.objects.filter(shop=asset.shop_id), request)
        form = ReachForm(
            request.POST if request.method == "POST" else None,
            assets=Asset.objects.none(),
            shop=asset.shop,
            found=products,
        )
        _show_defaults(form, asset)
        if form.is_bound and form.is_valid():
            entered = form.cleaned_data | {"asset": asset}
            attach(request, asset.shop, entered["products"], entered, numbers=entered["numbers"])
            return HttpResponseRedirect(reverse("admin:downloads_asset_change", args=[asset.pk]))
        words = request.GET.get("q", "")[:200].replace("\0", "").strip()
        found = _found(products, words)
        context = self.admin_site.each_context(request) | {
            "title": _("Attach to products"),
            "opts": self.opts,
            "original": asset,
            "form": form,
            "words": words,
            "products": lookups.with_file_counts(found)[:MOST_FOUND],
            "count": found.count(),
        }
        return TemplateResponse(request, "admin/downloads/asset/attach.html", context)

    def past_orders(self, request: HttpRequest, number: object) -> HttpResponseBase:
        """Say how many earlier purchases lack a file, give it to them, and show how far that is."""
        asset, at = self._permitted(request, number), timezone.now()
        here = reverse("admin:asset_past_orders", args=[asset.pk])
        run = Backfill.objects.filter(asset=asset).first()
        if request.method == "POST":
            if run is None or not background.resume(run, at=at):
                try:
                    background.begin_backfill(asset, person=request.user, at=at)
                except BadInput as error:
                    messages.error(request, str(error))
            return HttpResponseRedirect(here)
        is_moving = run is not None and run.is_running and not run.is_cut_off(at)
        context = self.admin_site.each_context(request) | {
            "title": _("Give it to past orders"),
            "opts": self.opts,
            "original": asset,
            "run": run,
            "is_moving": is_moving,
            "is_stopped": run is not None and run.state != Backfill.State.DONE and not is_moving,
            "lacking": None if is_moving else lookups.lines_lacking(asset).count(),
            "most_days": settings.MAIL_ORDER_DAYS,
        }
        return TemplateResponse(request, "admin/downloads/asset/past_orders.html", context)

    def _permitted(self, request: HttpRequest, number: object) -> Asset:
        asset: Asset | None = self.get_object(request, str(number))
        if asset is None:
            raise Http404
        if not self.may_attach(request, asset):
            raise PermissionDenied
        return asset


def _show_defaults(form: ReachForm, asset: Asset) -> None:
    terms = (form.fields["limit"], form.fields["lifetime_days"])
    for field, applies in zip(terms, lookups.default_terms(asset), strict=True):
        shown: Any = field
        shown.show(applies)


def _found(products: QuerySet[Product], words: str) -> QuerySet[Product]:
    """Return the products that a word names: by name, variant, SKU or number."""
    if not words:
        return products
    which = Q(name__icontains=words) | Q(variant_name__icontains=words) | Q(sku__icontains=words)
    number = whole_number(words)
    if number is not None:
        which |= Q(product_id=number) | Q(variant_id=number)
    return products.filter(which)


def _is_key(text: str) -> bool:
    try:
        UUID(text)
    except ValueError:
        return False
    return True
