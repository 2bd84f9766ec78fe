"""The staff of the whole installation, for superusers: who they are, and the ways back in."""

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.contrib.auth.models import Group, User
from django.db.models import Exists, OuterRef, QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from downloads import fulfilment
from downloads.audit.entries import enter_audit
from downloads.bidi import isolate
from downloads.errors import BadInput
from downloads.models import Mail
from storefront.admin.actions import only_row, report_count, show_secret_once
from storefront.admin.base import ScopedAdmin
from storefront.admin.query_validation import AskedList
from storefront.models import SecondFactor
from storefront.staff import lockout, passwords, two_factor
from storefront.staff.mailed.links import link_minutes
from storefront.staff.session_list import end_sessions

YOUR_OWN = gettext_lazy("Change your own under “Two-factor sign-in”.")
STAYS_OUT = gettext_lazy(
    "{} still may not sign in: tick “Active” and “Staff status” on their page."
)

admin.site.unregister([User, Group])


class StaffList(AskedList):
    """A page of people, with when the lock of each ends."""

    def get_results(self, request: HttpRequest) -> None:
        super().get_results(request)
        people: list[Any] = list(self.result_list)
        locks = lockout.locked_until(people, at=timezone.now())
        for user in people:
            user.locked_until = locks.get(user.pk)
        self.result_list = people


class PersonForm(forms.ModelForm):
    class Meta:
        model = User
        fields = (
            *("username", "first_name", "last_name", "email"),
            *("is_active", "is_staff", "is_superuser"),
        )
        help_texts = {
            "is_active": gettext_lazy(
                "Take this away instead of deleting somebody: they are out at once."
            ),
            "is_staff": gettext_lazy(
                "May sign in here. What they see is decided by their role in each shop."
            ),
            "is_superuser": gettext_lazy("Sees and changes everything of every shop."),
        }

    def clean_username(self) -> str:
        name = self.cleaned_data["username"]
        # Wrong tries are counted without regard to case: two such names would share a count.
        others = User.objects.exclude(pk=self.instance.pk).values_list("username", flat=True)
        if name.casefold() in {each.casefold() for each in others}:
            raise forms.ValidationError(
                _("Somebody has this name already, perhaps in other letters.")
            )
        return name


@admin.register(User)
class StaffAdmin(ScopedAdmin):
    form = PersonForm
    list_display = ("username", "name", "is_active", "has_factor", "locked", "email")
    list_filter = ("is_active", "is_superuser")
    search_fields = ("username", "first_name", "last_name", "email")
    readonly_fields = ("last_login", "date_joined")
    ordering = ("username",)
    actions = (
        *("unlock", "mail_password_link", "make_password_link"),
        *("remove_second_factor", "end_all_sessions"),
    )

    def get_deleted_objects(self, objs: Any, request: HttpRequest) -> Any:
        rows, counts, missing, protected = super().get_deleted_objects(objs, request)
        # Nobody deletes a mail by hand; those to a person go with them.
        return rows, counts, missing - {Mail._meta.verbose_name}, protected

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[AskedList]:
        return StaffList

    def get_queryset(self, request: HttpRequest) -> QuerySet[User]:
        factor = SecondFactor.objects.filter(user=OuterRef("pk"))
        return super().get_queryset(request).annotate(has_second_factor=Exists(factor))

    def get_fields(self, request: HttpRequest, obj: User | None = None) -> Any:
        entered = PersonForm.Meta.fields
        return entered if obj is None else (*entered, *self.readonly_fields)

    def get_changeform_initial_data(self, request: HttpRequest) -> dict[str, Any]:
        return {"is_staff": True} | super().get_changeform_initial_data(request)

    def save_model(self, request: HttpRequest, obj: User, form: Any, change: bool) -> None:
        if not change:
            obj.set_unusable_password()
            obj.save()
            messages.info(
                request,
                _("They have no password yet: mail them a link to choose one, in the list."),
            )
        elif form.changed_data:
            # They may be choosing a password meanwhile.
            obj.save(update_fields=form.changed_data)

    @admin.display(description=gettext_lazy("name"))
    def name(self, user: User) -> str:
        return user.get_full_name()

    @admin.display(description=gettext_lazy("second factor"), boolean=True)
    def has_factor(self, user: Any) -> bool:
        return user.has_second_factor

    @admin.display(description=gettext_lazy("locked until"))
    def locked(self, user: Any) -> Any:
        return user.locked_until

    @admin.action(description=gettext_lazy("Unlock the sign-in"), permissions=["change"])
    def unlock(self, request: HttpRequest, people: QuerySet[User]) -> None:
        at = timezone.now()
        done = sum(lockout.unlock(user, at=at) for user in people)
        report_count(request, done, done=_("unlocked"), none=_("Nobody of them was locked out."))
        for user in (each for each in people if not (each.is_active and each.is_staff)):
            messages.warning(request, STAYS_OUT.format(user))

    @admin.action(
        description=gettext_lazy("Mail a link to choose a password"), permissions=["change"]
    )
    def mail_password_link(self, request: HttpRequest, people: QuerySet[User]) -> None:
        at, done = timezone.now(), 0
        for user in people:
            try:
                mail = fulfilment.mail_password_link(user, at=at)
            except BadInput as error:
                messages.error(
                    request,
                    _("{user} gets no mail. {error}").format(user=isolate(user), error=error),
                )
            else:
                done += 1
                enter_audit("Mailed a link to choose a password", row=user)
                messages.success(
                    request, _("A link is on its way to {email}.").format(email=isolate(mail.email))
                )
        if done:
            messages.info(
                request, _("Each works once, within {count} minutes.").format(count=link_minutes())
            )

    @admin.action(
        description=gettext_lazy("Make a link to choose a password (shown once)"),
        permissions=["change"],
    )
    def make_password_link(
        self, request: HttpRequest, people: QuerySet[User]
    ) -> HttpResponse | None:
        user = only_row(request, people, why=_("each link is shown once"))
        if user is None:
            return None
        if not (user.is_active and user.is_staff):
            messages.error(
                request,
                _("The link would not work: {user} may not sign in.").format(user=isolate(user)),
            )
            return None
        return show_secret_once(
            self,
            request,
            title=_("Link for {user} to choose a password").format(user=isolate(user)),
            secret=passwords.make_link(user),
            use=_(
                "Send it to {user} and to nobody else: whoever opens it chooses the password. It "
                "works once, within {link_hours} hours. The second factor stays."
            ).format(user=isolate(user), link_hours=passwords.link_hours()),
        )

    @admin.action(description=gettext_lazy("Remove the second factor"), permissions=["change"])
    def remove_second_factor(self, request: HttpRequest, people: QuerySet[User]) -> None:
        if request.user in people:
            messages.error(request, YOUR_OWN)
            return
        done = sum(two_factor.reset(user) for user in people)
        none = _("Nobody of them has a second factor.")
        report_count(request, done, done=_("removed, and the sessions ended"), none=none)

    @admin.action(description=gettext_lazy("End all sessions"), permissions=["change"])
    def end_all_sessions(self, request: HttpRequest, people: QuerySet[User]) -> None:
        ended = sum(end_sessions(user) for user in people)
        none = _("None of them is signed in anywhere.")
        report_count(request, ended, done=_("sessions ended"), none=none)
