"""A row's own page of history: the audit trail's entries about it, in place of Django's log."""

from typing import Any

from django.contrib import admin
from django.contrib.admin.utils import unquote
from django.contrib.admin.views.main import PAGE_VAR
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils.translation import gettext as _

from downloads.audit.history import entries_about
from storefront.admin.audit.trail import line_of
from storefront.admin.pagination import BoundedPaginator

LINES = 100


class WithHistory(admin.ModelAdmin):
    """The button "History" leads to the trail, for those who may see it of this row."""

    def history_view(
        self, request: HttpRequest, object_id: str, extra_context: Any = None
    ) -> HttpResponse:
        row = self.get_object(request, unquote(object_id))
        if row is None:
            answer: Any = self
            return answer._get_obj_does_not_exist_redirect(request, self.opts, object_id)
        if not self.has_view_or_change_permission(request, row):
            raise PermissionDenied
        context = self.admin_site.each_context(request) | {
            "title": _("History: %s") % row,
            "original": row,
            "opts": self.opts,
            "may_see": request.user.has_perm("downloads.view_auditentry", row),
        }
        if context["may_see"]:
            pages = BoundedPaginator(entries_about([row]), LINES)
            page = pages.get_page(request.GET.get(PAGE_VAR, 1))
            context |= {"page": page, "lines": [line_of(entry) for entry in page]}
        context |= extra_context or {}
        return TemplateResponse(request, "admin/object_history.html", context)
