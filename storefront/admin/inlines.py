"""Base classes of the inlines on products' and orders' pages."""

from typing import Any

from django.forms.models import BaseInlineFormSet
from django.http import HttpRequest
from django.utils.translation import gettext as _

from downloads.models import Shop
from storefront.admin.base import ScopedInline
from storefront.admin.form_errors import is_removed


class JudgingFormSet(BaseInlineFormSet):
    """Hold rows to rules of ours: those alone that the reader may change, and did.

    A row that is only shown comes back without its values, which reads as if they were taken out.
    """

    def clean(self) -> None:
        super().clean()
        for form in self.forms:
            # An inline's form knows what its reader may do: of any other row this is false.
            if form.has_changed() and not is_removed(form, self):
                self.judge(form, form.cleaned_data)

    def judge(self, form: Any, entered: dict[str, Any]) -> None:
        """Add to a row's form what is wrong with it. `entered` lacks what is wrong by itself."""
        raise NotImplementedError


class SameShopFormSet(JudgingFormSet):
    """Refuse rows that point into another shop. `own` names the field that points."""

    own = ""

    def judge(self, form: Any, entered: dict[str, Any]) -> None:
        row = entered.get(self.own)
        if row and self.instance.shop_id not in (None, row.shop_id):
            form.add_error(self.own, _("This belongs to another shop."))


class LimitInline(ScopedInline):
    """Rows with a limit, which begins at the shop's default (at ours while none is chosen)."""

    def get_formset(self, request: HttpRequest, obj: Any = None, **kwargs: Any) -> Any:
        formset = super().get_formset(request, obj, **kwargs)
        if "limit" in formset.form.base_fields:
            shop = Shop() if obj is None else obj.shop
            formset.form.base_fields["limit"].initial = shop.default_limit
        return formset
