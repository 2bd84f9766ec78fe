"""Products, and the assets every buyer of one gets."""

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.db.models import Exists, OuterRef, QuerySet
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.template.response import TemplateResponse
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from downloads import fulfilment, lookups
from downloads.models import Attachment, Grant, Product, RemovedProduct
from storefront.admin.attachments.by_csv import AttachesByCsv
from storefront.admin.attachments.inline import AttachmentInline
from storefront.admin.attachments.products import AttachActs, FilesFilter
from storefront.admin.attachments.terms import FLAGS
from storefront.admin.closures import closed_among


class ProductForm(forms.ModelForm):
    tags = forms.CharField(
        label=_("Tags"),
        required=False,
        help_text=_('Separated by commas, like "books, paper-books".'),
    )

    class Meta:
        model = Product
        fields = (
            "shop",
            "name",
            "variant_name",
            "sku",
            "vendor",
            "product_type",
            "tags",
            "product_id",
            "variant_id",
        )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.initial["tags"] = ", ".join(self.instance.tags)

    def clean_tags(self) -> list[str]:
        return [tag.strip() for tag in self.cleaned_data["tags"].split(",") if tag.strip()]


@admin.register(Product)
class ProductAdmin(AttachActs, AttachesByCsv):
    form = ProductForm
    list_display = ("name", "variant_name", "sku", "files", "sale", "vendor", "shop")
    list_select_related = ("shop",)
    list_filter = (FilesFilter, "shop")
    search_fields = (
        *("name", "variant_name", "sku", "=variant_id", "=product_id"),
        *("attachments__asset__title", "attachments__asset__file_name"),
    )
    search_help_text = _("Name, SKU, number in the shop's system, file or link")
    autocomplete_fields = ("shop",)
    inlines = (AttachmentInline,)
    actions = ("attach_file", "apply_limits")
    change_form_template = "admin/downloads/product/change_form.html"
    fields = ProductForm.Meta.fields

    def get_readonly_fields(self, request: HttpRequest, obj: Product | None = None) -> Any:
        return () if obj is None else ("shop", "sale")

    def get_fields(self, request: HttpRequest, obj: Product | None = None) -> Any:
        return (*self.fields, "sale") if getattr(obj, "is_removed", False) else self.fields

    def get_queryset(self, request: HttpRequest) -> QuerySet[Product]:
        removed = RemovedProduct.objects.filter(
            shop=OuterRef("shop"), product_id=OuterRef("product_id")
        )
        rows = super().get_queryset(request).annotate(is_removed=Exists(removed))
        return lookups.with_file_counts(rows)

    @admin.display(description=_("files"))
    def files(self, product: Any) -> int:
        return product.file_count

    @admin.display(description=_("in the shop"))
    def sale(self, product: Any) -> str:
        return gettext("No longer sold") if product.is_removed else ""

    def save_model(self, request: HttpRequest, obj: Product, form: Any, change: bool) -> None:
        if not change:
            # First of all, as every verb takes it: attaching an asset below needs it as well.
            fulfilment.lock_shop(obj.shop)
            obj.save()
            fulfilment.rules.resolve_products(obj.shop, [obj])
        elif fulfilment.edit_product(obj, form.changed_data):
            messages.warning(
                request,
                gettext(
                    "Change this in your shop, too: what it says next of this product replaces it."
                ),
            )

    def save_formset(self, request: HttpRequest, form: Any, formset: Any, change: bool) -> None:
        formset.save(commit=False)
        for attachment in formset.deleted_objects:
            fulfilment.detach(attachment)
        for attachment, fields in formset.changed_objects:
            fulfilment.edit_attachment(attachment, {*fields, *FLAGS.values()})
        for attachment in formset.new_objects:
            if attachment.is_left_out:
                fulfilment.rules.leave_out(formset.instance, attachment.asset)
                continue
            at = timezone.now()
            attached = fulfilment.attach_to_product(
                formset.instance,
                attachment.asset,
                limit=attachment.limit,
                lifetime_days=attachment.lifetime_days,
                inherits_limit=attachment.inherits_limit,
                inherits_lifetime=attachment.inherits_lifetime,
                at=at,
            )
            if attached.grants:
                given = Grant.objects.filter(line__product=formset.instance, created_at=at)
                shut = closed_among(given.filter(asset=attachment.asset), at=at)
                done = gettext('"{asset}" was given to {grants} earlier purchases too.').format(
                    asset=attachment.asset, grants=attached.grants
                )
                level = messages.WARNING if shut else messages.SUCCESS
                messages.add_message(request, level, f"{done} {shut}".strip())
            if attached.mails:
                messages.success(
                    request,
                    gettext(
                        "{mails} of their buyers, who had nothing to download before, get a "
                        "mail with the link."
                    ).format(mails=attached.mails),
                )

    @admin.action(description=_("Apply the limits to earlier orders…"), permissions=["change"])
    def apply_limits(
        self, request: HttpRequest, products: QuerySet[Product]
    ) -> HttpResponseBase | None:
        attachments = Attachment.objects.given().filter(product__in=products)
        attachments = attachments.select_related("product", "asset")
        if "confirmed" in request.POST:
            at = timezone.now()
            changed = sum(fulfilment.apply_limit(each, at=at) for each in attachments)
            messages.success(
                request,
                gettext("{changed} earlier downloads now have the new limit.").format(
                    changed=changed
                ),
            )
            return None
        context = self.admin_site.each_context(request) | {
            "title": gettext("Apply the limits to earlier orders?"),
            "opts": self.opts,
            "products": products,
            "changes": [
                (attachment, lookups.grants_with_other_limit(attachment))
                for attachment in attachments
            ],
        }
        return TemplateResponse(request, "admin/downloads/apply_limits.html", context)
