"""Webhook message admin: the inbox, and what is done about what was set aside."""

import json
from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import OuterRef, QuerySet, Subquery
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import path, reverse
from django.urls.resolvers import URLPattern
from django.utils import timezone
from django.utils.decorators import method_decorator
from django.utils.html import format_html
from django.utils.text import Truncator
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST
from django_tasks_db import admin as tasks_admin

from downloads import fulfilment
from downloads.audit.entries import enter_audit
from downloads.errors import BadInput, DownloadsError
from downloads.models import Message, Order
from storefront import inbox, reconciling
from storefront.admin.actions import act_on_each
from storefront.admin.base import visible
from storefront.admin.read_only import ReportedAdmin
from storefront.models import PlatformAccess
from storefront.platforms.client import PlatformFault
from storefront.platforms.registry import title_of

SHORT = 60
ROWS = 24
# For the topics there are: to read those of every message takes too long.
LOOKED_AT = 1_000
FETCHED = gettext_lazy("It was not applied: its order was fetched anew from the platform instead.")
TRIED = gettext_lazy("It is tried again; look here in a moment.")

# The worker's own list is no shopkeeper's business: what matters of it is the messages' state.
admin.site.unregister(tasks_admin.DBTaskResult)


class TopicFilter(admin.SimpleListFilter):
    """By what a message is about: the topics of the newest ones, and the one chosen."""

    title = gettext_lazy("topic")
    parameter_name = "topic"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        newest = visible(Message.objects.all(), request).order_by("-received_at")
        topics = set(newest.values_list("topic", flat=True)[:LOOKED_AT])
        return [(topic, topic) for topic in sorted(topics | {self.value() or ""} - {""})]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Message]) -> QuerySet[Message]:
        return queryset.filter(topic=self.value()) if self.value() else queryset


@admin.register(Message)
class MessageAdmin(ReportedAdmin):
    change_form_template = "admin/downloads/message/change_form.html"
    list_display = (
        *("received_at", "topic", "about", "state", "short_error", "next_try", "attempts", "shop"),
    )
    list_select_related = ("shop",)
    list_filter = ("state", "shop", TopicFilter)
    # As they are written, not parts of them: a part would be looked for in every message there is.
    search_fields = ("delivery_id__exact", "about_order__exact")
    search_help_text = gettext_lazy("Number of the delivery, or the platform's number of the order")
    quick_order = ("received_at",)
    actions = ("try_again",)
    fields = (
        "shop",
        "platform",
        "topic",
        "about",
        "delivery_id",
        "received_at",
        "state",
        "attempts",
        "applied_at",
        "error",
        "content",
    )

    class Media:
        css = {"all": ("downloads/desk.css", "downloads/messages.css")}

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        orders = visible(Order.objects.all(), request)
        same = {"shop": OuterRef("shop"), "platform_id": OuterRef("about_order")}
        known = orders.filter(**same).order_by()
        return (
            super()
            .get_queryset(request)
            .annotate(
                known_order=Subquery(known.values("pk")[:1]),
                known_number=Subquery(known.values("number")[:1]),
            )
        )

    def get_fields(self, request: HttpRequest, obj: Message | None = None) -> Any:
        is_waiting = obj is not None and obj.state == Message.State.WAITING
        return (*self.fields, "due_at") if is_waiting else self.fields

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view
        return [
            path("<int:number>/replay/", view(self.replay_one), name="message_replay"),
            path("<int:number>/fetch/", view(self.fetch_one), name="message_fetch"),
            *super().get_urls(),
        ]

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any
    ) -> HttpResponse:
        message = context["original"]
        if message is not None and message.state == Message.State.SET_ASIDE:
            context["may_act"] = self.may(request, "act", message)
            context["may_fetch"] = context["may_act"] and _can_be_fetched(message)
        return super().render_change_form(request, context, *args, **kwargs)

    @admin.display(description=gettext_lazy("platform"))
    def platform(self, message: Message) -> str:
        return title_of(message.source)

    @admin.display(description=gettext_lazy("about"), ordering="about_order")
    def about(self, message: Any) -> str:
        if message.about_order is None:
            return ""
        if message.known_order is None:
            return _("order with the platform’s number {number}").format(number=message.about_order)
        url = reverse("admin:downloads_order_change", args=[message.known_order])
        return format_html(
            '<a href="{}">{}</a>', url, _("Order {number}").format(number=message.known_number)
        )

    @admin.display(description=gettext_lazy("next try"), ordering="due_at")
    def next_try(self, message: Message) -> object:
        return message.due_at if message.state == Message.State.WAITING else None

    @admin.display(description=gettext_lazy("error"))
    def short_error(self, message: Message) -> str:
        return Truncator(message.error).chars(SHORT)

    @admin.display(description=gettext_lazy("what it says"))
    def content(self, message: Message) -> str:
        if message.state == Message.State.APPLIED:
            return _("Done, so its content was deleted.")
        if not message.body:
            return _("Nothing we need, so its content was not kept.")
        text = json.dumps(json.loads(message.body), ensure_ascii=False, indent=2)
        # Half a character, which JSON can carry and no page can show.
        shown = text.encode(errors="replace").decode()
        # It wraps and scrolls on any screen, without a style of our own.
        return format_html(
            '<textarea readonly rows="{}" class="vLargeTextField" aria-label="{}">\n{}</textarea>',
            min(ROWS, shown.count("\n") + 2),
            _("What it says"),
            shown,
        )

    @admin.action(description=gettext_lazy("Apply again"), permissions=["act"])
    def try_again(self, request: HttpRequest, messages: QuerySet[Message]) -> None:
        at = timezone.now()
        act_on_each(
            request,
            messages,
            lambda message: fulfilment.replay(message, at=at),
            done=_("to be tried again; look here in a moment"),
        )
        inbox.ring()

    @method_decorator(require_POST)
    def replay_one(self, request: HttpRequest, number: int) -> HttpResponseRedirect:
        """Apply a message again that was set aside."""
        message = self._permitted(request, number)
        try:
            fulfilment.replay(message, at=timezone.now())
        except BadInput as error:
            messages.error(request, str(error))
        else:
            inbox.ring()
            messages.success(request, TRIED)
        return _page(message)

    @method_decorator(require_POST)
    def fetch_one(self, request: HttpRequest, number: int) -> HttpResponseRedirect:
        """Fetch the order of a message anew from its platform, in the message's place."""
        message = self._permitted(request, number)
        if message.state != Message.State.SET_ASIDE or not _can_be_fetched(message):
            messages.error(request, _("This order cannot be fetched."))
            return _page(message)
        at = timezone.now()
        try:
            outcome = reconciling.fetch_order(
                message.shop, message.about_order or 0, at=at, source=message.source
            )
            fulfilment.settle_message(message, at=at, note=str(FETCHED))
        except (PlatformFault, DownloadsError) as error:
            messages.error(request, _("It could not be fetched: {error}").format(error=error))
            return _page(message)
        enter_audit("Fetched its order anew", row=message)
        self.log_change(request, message, "Fetched its order anew")
        messages.success(request, f"{outcome} {FETCHED}")
        return _page(message)

    def _permitted(self, request: HttpRequest, number: int) -> Message:
        message = self.get_object(request, str(number))
        if message is None:
            raise Http404
        if not self.may(request, "act", message):
            raise PermissionDenied
        return message


def _can_be_fetched(message: Message) -> bool:
    if message.about_order is None:
        return False
    return PlatformAccess.objects.filter(shop=message.shop, source=message.source).exists()


def _page(message: Message) -> HttpResponseRedirect:
    return HttpResponseRedirect(reverse("admin:downloads_message_change", args=[message.pk]))
