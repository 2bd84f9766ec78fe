"""Rules that attach files: by product number, tag, vendor, type or SKU, in their order."""

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.db.models import Count, OuterRef, QuerySet, Subquery
from django.db.models.functions import Coalesce
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.urls import path, reverse
from django.urls.resolvers import URLPattern
from django.utils.decorators import method_decorator
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext, pgettext_lazy
from django.views.decorators.http import require_POST

from downloads import fulfilment, lookups
from downloads.errors import BadInput
from downloads.lookups import Preview
from downloads.models import Asset, Attachment, AttachmentRule
from storefront.admin.attachments.products import tell_past_orders
from storefront.admin.attachments.terms import TermsForm
from storefront.admin.base import ScopedAdmin

MATCHING = ("product_number", *AttachmentRule.CONDITIONS)


def conditions_text(**values: Any) -> str:
    """Return what a rule is to match as one text, by which a form knows what it has shown."""
    return " | ".join(f"{name}={values.get(name) or ''}" for name in MATCHING)


class RuleForm(TermsForm):
    """What is to match is shown before it is saved: `seen` says for which conditions it was."""

    seen = forms.CharField(required=False, widget=forms.HiddenInput, label="")
    preview: Preview | None = None

    def defaults(self) -> Any:
        chosen = self.instance.asset_id or self.initial.get("asset")
        # Of what may not be chosen, nothing is shown: the address names any file there is.
        choices = self.fields["asset"].queryset if "asset" in self.fields else Asset.objects.all()  # type: ignore[attr-defined]
        asset = choices.select_related("shop").filter(pk=chosen).first() if chosen else None
        return (None, None) if asset is None else lookups.default_terms(asset)

    class Meta:
        model = AttachmentRule
        fields = ("shop", "asset", *MATCHING, "limit", "lifetime_days")

    def _post_clean(self) -> None:
        super()._post_clean()
        conditions = conditions_text(**{name: getattr(self.instance, name) for name in MATCHING})
        is_changed = bool({*MATCHING, "asset", "shop"} & {*self.changed_data})
        if self.errors or not is_changed:
            return
        found = lookups.preview(self.instance)
        try:
            fulfilment.rules.check_rule(self.instance)
            fulfilment.rules.check_width(found.count)
        except BadInput as error:
            self.add_error(None, str(error))
            return
        if self.cleaned_data.get("seen") == conditions:
            return
        self.preview = found
        data: Any = self.data
        self.data = data.copy()
        self.data[self.add_prefix("seen")] = conditions  # type: ignore[index]
        # Not saved yet, and nothing wrong with it.
        self.add_error(None, ValidationError("", code="preview"))


@admin.register(AttachmentRule)
class AttachmentRuleAdmin(ScopedAdmin):
    form = RuleForm
    list_display = ("words", "asset", "terms", "products", "order", "shop")
    list_display_links = ("words",)
    list_select_related = ("shop", "asset__shop")
    list_filter = ("shop",)
    search_fields = ("asset__title", "=product_number", "tag", "vendor", "product_type")
    search_help_text = gettext_lazy("File, product number, tag, vendor or type")
    autocomplete_fields = ("shop", "asset")
    change_form_template = "admin/downloads/attachmentrule/change_form.html"

    def formfield_for_dbfield(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        field = super().formfield_for_dbfield(db_field, request, **kwargs)
        if db_field.name == "asset" and field is not None:
            field.label = _("File")
        return field

    def get_fieldsets(self, request: HttpRequest, obj: AttachmentRule | None = None) -> Any:
        words = _("Whatever you fill in has to match; upper and lower case are the same.")
        return [
            (None, {"fields": ("shop", "asset", "seen")}),
            (_("For these products, later ones too"), {"fields": MATCHING, "description": words}),
            (_("How often and how long"), {"fields": ("limit", "lifetime_days")}),
        ]

    def get_readonly_fields(self, request: HttpRequest, obj: AttachmentRule | None = None) -> Any:
        return () if obj is None else ("shop",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[AttachmentRule]:
        rows = super().get_queryset(request).select_related("shop", "asset__shop")
        # Grouped rows would lose their order.
        attached = Attachment.objects.filter(source=OuterRef("pk")).order_by().values("source")
        count = attached.values(count=Count("pk"))
        return rows.annotate(product_count=Coalesce(Subquery(count), 0))

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any
    ) -> HttpResponse:
        form = context["adminform"].form
        context["preview"] = preview = getattr(form, "preview", None)
        answer = super().render_change_form(request, context, *args, **kwargs)
        if preview is not None:
            form.errors.pop("__all__", None)
            context |= {"errors": None, "unplaced_errors": None}
        return answer

    def save_model(
        self, request: HttpRequest, obj: AttachmentRule, form: Any, change: bool
    ) -> None:
        fulfilment.rules.save_rule(obj)
        count = obj.attachments.count()
        words = ngettext(
            "Buyers of %(count)s variant get the file by this rule.",
            "Buyers of %(count)s variants get the file by this rule.",
            count,
        )
        messages.info(request, words % {"count": count})
        tell_past_orders(request, obj.asset)

    def delete_model(self, request: HttpRequest, obj: AttachmentRule) -> None:
        fulfilment.rules.delete_rules(obj.shop, [obj])

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[AttachmentRule]) -> None:
        rules = list(queryset)
        for shop in {rule.shop for rule in rules}:
            fulfilment.rules.delete_rules(shop, [rule for rule in rules if rule.shop_id == shop.pk])

    def get_deleted_objects(self, objs: Any, request: HttpRequest) -> Any:
        # What the rule attached is not listed one by one, and no permission is asked for it.
        return [str(each) for each in objs], {_("rules"): len(objs)}, set(), []

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view(self.move)
        return [path("<int:number>/move/", view, name="rule_move"), *super().get_urls()]

    @method_decorator(require_POST)
    def move(self, request: HttpRequest, number: int) -> HttpResponseBase:
        """Exchange a rule with the one above or below it."""
        rule = self.get_object(request, str(number))
        if rule is None:
            raise Http404
        if not self.may(request, "change", rule):
            raise PermissionDenied
        if not fulfilment.rules.move_rule(rule, up=request.POST.get("way") == "up"):
            messages.error(request, _("There is no rule beyond it."))
        return HttpResponseRedirect(reverse("admin:downloads_attachmentrule_changelist"))

    @admin.display(description=gettext_lazy("for"))
    def words(self, rule: AttachmentRule) -> str:
        return rule.words

    @admin.display(description=gettext_lazy("downloads"))
    def terms(self, rule: AttachmentRule) -> str:
        limit = lookups.default_terms(rule.asset)[0].value if rule.inherits_limit else rule.limit
        return _("unlimited") if limit is None else _("%(limit)s per item") % {"limit": limit}

    @admin.display(description=gettext_lazy("variants"))
    def products(self, rule: Any) -> int:
        return rule.product_count

    @admin.display(description=pgettext_lazy("place of a rule", "order"))
    def order(self, rule: AttachmentRule) -> str:
        if rule.product_number is not None:
            return _("before all rules")
        return format_html("{}", rule.position)
