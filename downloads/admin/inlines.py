"""What the rows inside a product's and an order's page share."""

from typing import Any

from django.forms.models import BaseInlineFormSet
from django.http import HttpRequest

from downloads.admin.scoped import ScopedInline
from downloads.models import Shop


class SameShopFormSet(BaseInlineFormSet):
    """Refuse rows that point into another shop. `own` names the field that points."""

    own = ""

    def clean(self) -> None:
        super().clean()
        for form in (form for form in self.forms if form.has_changed()):
            row = getattr(form, "cleaned_data", {}).get(self.own)
            if row and self.instance.shop_id not in (None, row.shop_id):
                form.add_error(self.own, "This belongs to another shop.")


class LimitInline(ScopedInline):
    """Rows with a limit, which begins at the shop's default (at ours while none is chosen)."""

    def get_formset(self, request: HttpRequest, obj: Any = None, **kwargs: Any) -> Any:
        formset = super().get_formset(request, obj, **kwargs)
        if "limit" in formset.form.base_fields:
            shop = Shop() if obj is None else obj.shop
            formset.form.base_fields["limit"].initial = shop.default_limit
        return formset
