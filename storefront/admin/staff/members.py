"""A shop's staff: people are invited by a link, given another role, and removed."""

from collections.abc import Callable
from functools import partial
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.db import transaction
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from downloads import fulfilment
from downloads.bidi import isolate
from downloads.errors import BadInput, LinkSpent
from downloads.models import Invitation, Membership
from storefront.admin.actions import show_secret_once
from storefront.admin.base import ScopedAdmin
from storefront.formats import zoned_text
from storefront.mail.providers import reaches_people
from storefront.pages.invitations import invitation_url

STATES = {
    Invitation.OPEN: gettext_lazy("open"),
    Invitation.ACCEPTED: gettext_lazy("accepted"),
    Invitation.ENDED: gettext_lazy("ended"),
}
NO_WAY_BACK = gettext_lazy("The invitation of {} is accepted already. Look under Staff members.")


class RefusingAdmin(ScopedAdmin):
    """Rows whose verbs may refuse: nothing of what was asked happens then, and it is said why."""

    def change_view(self, request: HttpRequest, *given: Any, **named: Any) -> HttpResponse:
        answer = partial(super().change_view, request, *given, **named)
        return _unless_refused(request, answer)

    def delete_view(self, request: HttpRequest, *given: Any, **named: Any) -> HttpResponse:
        answer = partial(super().delete_view, request, *given, **named)
        return _unless_refused(request, answer)

    def changelist_view(self, request: HttpRequest, *given: Any, **named: Any) -> HttpResponse:
        answer = partial(super().changelist_view, request, *given, **named)
        return _unless_refused(request, answer)


def _unless_refused(request: HttpRequest, answer: Callable[[], HttpResponse]) -> HttpResponse:
    if request.method != "POST":
        return answer()
    try:
        with transaction.atomic():
            return answer()
    except BadInput as error:
        messages.error(request, str(error))
        return HttpResponseRedirect(request.get_full_path())


@admin.register(Membership)
class MembershipAdmin(RefusingAdmin):
    list_display = ("person", "shop", "role")
    list_select_related = ("shop", "user")
    list_filter = ("shop", "role")
    search_fields = ("user__username",)
    fields = ("person", "shop_name", "role", "created_at")
    readonly_fields = ("person", "shop_name", "created_at")

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        # Nobody works for a shop who was not asked.
        return False

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        words = {"subtitle": _("Somebody new is invited under Invitations.")} | (
            extra_context or {}
        )
        return super().changelist_view(request, words)

    def save_model(self, request: HttpRequest, obj: Membership, form: Any, change: bool) -> None:
        fulfilment.memberships.change_role(
            obj, obj.role, spares_last_owner=not request.user.is_superuser
        )

    def delete_model(self, request: HttpRequest, obj: Membership) -> None:
        fulfilment.memberships.remove_member(obj, spares_last_owner=not request.user.is_superuser)

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[Membership]) -> None:
        for member in queryset.select_related("shop"):
            self.delete_model(request, member)

    @admin.display(description=gettext_lazy("person"), ordering="user__username")
    def person(self, member: Membership) -> str:
        return member.user.get_username()

    @admin.display(description=gettext_lazy("shop"))
    def shop_name(self, member: Membership) -> str:
        return str(member.shop)


class InvitationForm(forms.ModelForm):
    class Meta:
        model = Invitation
        fields = ("shop", "email", "role")
        help_texts = {
            "email": gettext_lazy(
                "They sign in with it. Inviting an address again ends its earlier link."
            ),
            "role": gettext_lazy(
                "Support reads and resets, a manager also edits and attaches, an owner also "
                "has the keys, the plan and the staff."
            ),
        }

    def clean_email(self) -> str:
        try:
            return fulfilment.memberships.clean_email(self.cleaned_data["email"])
        except BadInput as error:
            raise forms.ValidationError(str(error)) from None


class StateFilter(admin.SimpleListFilter):
    title = gettext_lazy("state")
    parameter_name = "state"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [(state, str(words).capitalize()) for state, words in STATES.items()]

    def queryset(self, request: HttpRequest, queryset: Any) -> QuerySet[Invitation]:
        state = self.value()
        if state not in dict(self.lookup_choices):
            return queryset
        return queryset.with_state(state, timezone.now())


@admin.register(Invitation)
class InvitationAdmin(RefusingAdmin):
    form = InvitationForm
    list_display = ("email", "shop", "role", "state", "expires_at")
    list_select_related = ("shop",)
    list_filter = ("shop", "role", StateFilter)
    search_fields = ("email",)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view(self.accept)
        ours = path("accept/<str:token>/", view, name="invitation_accept")
        return [ours, *super().get_urls()]

    def get_fields(self, request: HttpRequest, obj: Invitation | None = None) -> Any:
        entered = ("shop", "email", "role")
        return entered if obj is None else (*entered, "state", "created_at", "expires_at")

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        kept, token = fulfilment.memberships.invite(
            obj.shop, obj.email, obj.role, at=timezone.now()
        )
        obj.pk, obj.expires_at, obj.link = kept.pk, kept.expires_at, invitation_url(token)
        obj.is_mailed = fulfilment.mail_invitation(kept, token, at=timezone.now())

    def response_add(
        self, request: HttpRequest, obj: Any, post_url_continue: str | None = None
    ) -> HttpResponse:
        by_hand = _("Send it to {email} and to nobody else").format(email=isolate(obj.email))
        if obj.is_mailed and reaches_people():
            by_hand = _(
                "It is on its way to {email} by mail. Should that not arrive, send it to them "
                "and to nobody else"
            ).format(email=isolate(obj.email))
        return show_secret_once(
            self,
            request,
            title=_("Invitation of {email} to {shop}").format(
                email=isolate(obj.email), shop=obj.shop
            ),
            secret=obj.link,
            use=_(
                "{by_hand}: whoever opens it works for the shop from then on. It can be used once, "
                "until {end}."
            ).format(by_hand=by_hand, end=zoned_text(obj.expires_at)),
        )

    def delete_model(self, request: HttpRequest, obj: Invitation) -> None:
        if not fulfilment.memberships.withdraw(Invitation.objects.filter(pk=obj.pk)):
            raise BadInput(NO_WAY_BACK.format(isolate(obj.email)))

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[Invitation]) -> None:
        for invitation in queryset:
            self.delete_model(request, invitation)

    @admin.display(description=gettext_lazy("state"))
    def state(self, invitation: Invitation) -> str:
        return str(STATES[invitation.state(timezone.now())])

    def accept(self, request: HttpRequest, token: str) -> HttpResponseBase:
        """Let whoever has signed in accept an invitation: any of the staff, of whatever shop."""
        at = timezone.now()
        context = self.admin_site.each_context(request) | {"title": _("You are invited")}
        user: Any = request.user
        try:
            invitation = fulfilment.memberships.require_invitation(token, at=at)
            mine = fulfilment.memberships.is_for(invitation, user)
            if request.method == "POST" and mine:
                member = fulfilment.memberships.accept_as(token, user, at=at)
                role = member.get_role_display().lower()
                messages.success(
                    request,
                    _("You work for {shop} now, as {role}.").format(shop=member.shop, role=role),
                )
                return HttpResponseRedirect(reverse("admin:index"))
        except LinkSpent as error:
            return self._answer(request, context | {"spent": str(error)}, status=404)
        context |= {"invitation": invitation, "is_for_reader": mine}
        return self._answer(request, context, status=200 if mine else 403)

    def _answer(self, request: HttpRequest, context: Any, *, status: int) -> TemplateResponse:
        return TemplateResponse(request, "invitation_accept.html", context, status=status)
