"""Webhook message admin: the inbox, with replay of what was set aside."""

import json
from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.html import format_html
from django.utils.text import Truncator
from django_tasks_db import admin as tasks_admin

from downloads import fulfilment
from downloads.models import Message
from storefront import inbox
from storefront.admin.actions import act_on_each
from storefront.admin.read_only import ReportedAdmin
from storefront.platforms.registry import title_of

SHORT = 60
ROWS = 24

# The worker's own list is no shopkeeper's business: what matters of it is the messages' state.
admin.site.unregister(tasks_admin.DBTaskResult)


@admin.register(Message)
class MessageAdmin(ReportedAdmin):
    list_display = ("received_at", "topic", "state", "short_error", "next_try", "attempts", "shop")
    list_select_related = ("shop",)
    list_filter = ("state", "shop", "topic")
    search_fields = ("delivery_id",)
    search_help_text = "Number of the delivery"
    show_full_result_count = False
    actions = ("try_again",)
    fields = (
        "shop",
        "platform",
        "topic",
        "delivery_id",
        "received_at",
        "state",
        "attempts",
        "applied_at",
        "error",
        "content",
    )

    def get_fields(self, request: HttpRequest, obj: Message | None = None) -> Any:
        is_waiting = obj is not None and obj.state == Message.State.WAITING
        return (*self.fields, "due_at") if is_waiting else self.fields

    @admin.display(description="platform")
    def platform(self, message: Message) -> str:
        return title_of(message.source)

    @admin.display(description="next try", ordering="due_at")
    def next_try(self, message: Message) -> object:
        return message.due_at if message.state == Message.State.WAITING else None

    @admin.display(description="error")
    def short_error(self, message: Message) -> str:
        return Truncator(message.error).chars(SHORT)

    @admin.display(description="what it says")
    def content(self, message: Message) -> str:
        if message.state == Message.State.APPLIED:
            return "Done, so its content was deleted."
        if not message.body:
            return "Nothing we need, so its content was not kept."
        text = json.dumps(json.loads(message.body), ensure_ascii=False, indent=2)
        # Half a character, which JSON can carry and no page can show.
        shown = text.encode(errors="replace").decode()
        # It wraps and scrolls on any screen, without a style of our own.
        return format_html(
            '<textarea readonly rows="{}" class="vLargeTextField" aria-label="What it says">\n'
            "{}</textarea>",
            min(ROWS, shown.count("\n") + 2),
            shown,
        )

    @admin.action(description="Try again now", permissions=["act"])
    def try_again(self, request: HttpRequest, messages: QuerySet[Message]) -> None:
        at = timezone.now()
        act_on_each(
            request,
            messages,
            lambda message: fulfilment.replay(message, at=at),
            done="to be tried again; look here in a moment",
        )
        inbox.ring()
