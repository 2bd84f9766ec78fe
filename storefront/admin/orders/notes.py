"""Notes for colleagues on an order's page: written, and deleted again."""

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponseRedirect
from django.urls import path
from django.urls.resolvers import URLPattern
from django.utils import timezone
from django.utils.decorators import method_decorator
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_POST

from downloads.errors import BadInput
from downloads.fulfilment import desk
from downloads.models import StaffNote
from storefront.admin.orders.acts import OrderActs, page_of
from storefront.formats import whole_number


class NoteActs(OrderActs):
    """A note is written by whoever sees the order; deleted by its author, or who may change it."""

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view
        return [
            path("<int:number>/note/", view(self.write_note), name="order_note"),
            path("<int:number>/delete-note/", view(self.delete_note), name="order_delete_note"),
            *super().get_urls(),
        ]

    @method_decorator(require_POST)
    @method_decorator(sensitive_post_parameters("text"))
    def write_note(self, request: HttpRequest, number: int) -> HttpResponseRedirect:
        """Keep a note about an order."""
        order = self.permitted(request, number, "note")
        try:
            desk.write_note(order, request.POST.get("text", ""), at=timezone.now())
        except BadInput as error:
            messages.error(request, str(error))
        else:
            self.log_change(request, order, "Wrote a note")
            messages.success(request, _("Your note is kept."))
        return page_of(order, "notes")

    @method_decorator(require_POST)
    def delete_note(self, request: HttpRequest, number: int) -> HttpResponseRedirect:
        """Delete a note about an order."""
        order = self.permitted(request, number, "note")
        key = whole_number(request.POST.get("note", "")) or 0
        note = order.staff_notes.filter(pk=key, kind=StaffNote.Kind.NOTE).first()
        if note is not None and not self.may_delete_note(request, note):
            raise PermissionDenied
        try:
            desk.delete_note(order, key)
        except BadInput as error:
            messages.error(request, str(error))
        else:
            self.log_change(request, order, "Deleted a note")
            messages.success(request, _("The note is deleted."))
        return page_of(order, "notes")

    def may_delete_note(self, request: HttpRequest, note: StaffNote) -> bool:
        """Say whether the reader wrote a note, or may change its order."""
        is_own = note.author == request.user.get_username()
        return is_own or self.may(request, "change", note.order)
