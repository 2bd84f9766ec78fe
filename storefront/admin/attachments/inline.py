"""The rows of files on a product's page: what is said of this variant itself."""

from typing import Any

from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from downloads import lookups
from downloads.models import Attachment, Product, Shop
from storefront.admin.attachments.terms import TermsForm, defaults_of_shop
from storefront.admin.base import ScopedInline
from storefront.admin.inlines import SameShopFormSet


class AttachmentForm(TermsForm):
    # The shop of the product whose page it is on.
    shop: Shop | None = None

    class Meta:
        model = Attachment
        fields = ("asset", "limit", "lifetime_days", "is_left_out")

    def defaults(self) -> Any:
        if self.instance._state.adding:
            return (None, None) if self.shop is None else defaults_of_shop(self.shop)
        return lookups.default_terms(self.instance.asset)

    def _get_validation_exclusions(self) -> set[str]:
        excluded: set[str] = super()._get_validation_exclusions()  # type: ignore[misc]
        # What a rule attached is no row of this page: its place is taken.
        if self.instance._state.adding and self._is_attached_by_rule():
            excluded.add("product")
        return excluded

    def _is_attached_by_rule(self) -> bool:
        asset = self.cleaned_data.get("asset")
        rows = Attachment.objects.filter(product=self.instance.product_id, asset=asset)
        return asset is not None and rows.exclude(source=None).exists()


class AttachmentFormSet(SameShopFormSet):
    own = "asset"

    def judge(self, form: Any, entered: dict[str, Any]) -> None:
        super().judge(form, entered)
        if form.instance.pk and "asset" in form.changed_data:
            form.add_error("asset", _("Remove this row and add another file or link in a new one."))


class AttachmentInline(ScopedInline):
    model = Attachment
    form = AttachmentForm
    formset = AttachmentFormSet
    extra = 1
    autocomplete_fields = ("asset",)
    fields = ("asset", "limit", "lifetime_days", "is_left_out")
    verbose_name = _("file")
    verbose_name_plural = _("Files of this variant")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        return super().get_queryset(request).filter(source=None).select_related("asset__shop")

    def get_formset(self, request: HttpRequest, obj: Product | None = None, **kwargs: Any) -> Any:
        formset = super().get_formset(request, obj, **kwargs)
        shop = None if obj is None else obj.shop
        formset.form = type(formset.form.__name__, (formset.form,), {"shop": shop})
        return formset
