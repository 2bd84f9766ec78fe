"""ModelAdmin whose pages are called as the side bar calls them, in the time of their shop."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest, HttpResponse

from storefront.staff.screen.locale import enter_zone_asked_for, enter_zone_of
from storefront.staff.screen.navigation import list_words


class TitledAdmin(admin.ModelAdmin):
    """A list bears its name, and a row's page that of the row."""

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        enter_zone_asked_for(request)
        words = {"title": list_words(self.model)}
        return super().changelist_view(request, words | (extra_context or {}))

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any
    ) -> HttpResponse:
        context["list_words"] = list_words(self.model)
        if context["original"] is not None:
            # Which row it is says more than that it can be changed.
            context |= {"title": str(context["original"]), "subtitle": None}
        return super().render_change_form(request, context, *args, **kwargs)

    def get_object(
        self, request: HttpRequest, object_id: str, from_field: str | None = None
    ) -> Any:
        row = super().get_object(request, object_id, from_field)
        enter_zone_of(request, row)
        return row
