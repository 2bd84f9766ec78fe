"""The admin's side bar: its lists in the order of use, those alone that their reader may see."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from django.contrib.admin import AdminSite
from django.db.models import Model, QuerySet
from django.http import HttpRequest
from django.urls import NoReverseMatch, reverse
from django.utils.text import capfirst
from django.utils.translation import gettext_lazy as _

from downloads.models import Mail, Message
from storefront.staff.roles import rows_where

# More than so many rows are not counted.
MOST_COUNTED = 99


@dataclass(frozen=True)
class Entry:
    """A list of the side bar, and those that show below it while one of them is looked at."""

    model: str
    words: Any = ""
    below: tuple[str, ...] = ()


@dataclass(frozen=True)
class Link:
    """A line of the side bar. `current` is what `aria-current` says: "page", "true" or nothing."""

    words: str
    url: str
    current: str = ""
    badge: str = ""
    below: list["Link"] = field(default_factory=list)


DAILY = (
    Entry(
        "downloads.order",
        _("Orders"),
        ("downloads.grant", "storefront.orderimport"),
    ),
    Entry("downloads.asset", _("Files and links")),
    Entry("downloads.product", _("Products")),
    Entry("downloads.customer", _("Customers"), ("downloads.account", "downloads.datarequest")),
    Entry("downloads.downloadevent", _("Activity")),
)
SELDOM = (
    Entry("downloads.mail", _("Mail")),
    Entry("downloads.message", _("From your shop")),
    Entry(
        "storefront.platformaccess",
        _("Connections"),
        (
            *("storefront.webhooksecret", "storefront.storefrontkey"),
            *("storefront.secretkey", "storefront.customertoken"),
        ),
    ),
    Entry("downloads.shop", _("Settings"), ("downloads.plan",)),
    Entry("downloads.membership", _("Staff"), ("downloads.invitation", "auth.user")),
    Entry("downloads.auditentry", _("Audit trail")),
)


class Navigation:
    """The side bar of one request; nothing is asked of the database before it is shown."""

    def __init__(self, site: AdminSite, request: HttpRequest) -> None:
        self._site = site
        self._request = request
        self._by_name = {each._meta.label_lower: each for each in site._registry}

    @property
    def groups(self) -> list[list[Link]]:
        """Return the lists of every day, below the start page, and those of now and then."""
        index = reverse("admin:index", current_app=self._site.name)
        is_here = self._request.path == index
        start = Link(str(_("Start")), index, "page" if is_here else "")
        daily, seldom = ([*self._links(entries)] for entries in (DAILY, SELDOM))
        return [[start, *daily], seldom] if seldom else [[start, *daily]]

    def _links(self, entries: tuple[Entry, ...]) -> Iterator[Link]:
        for entry in entries:
            own, *below = (self._link(name) for name in (entry.model, *entry.below))
            seen = [each for each in below if each is not None]
            if own is None and not seen:
                continue
            is_open = any(each is not None and each.current for each in (own, *seen))
            shown = own or seen[0]
            yield Link(
                str(entry.words) if own else shown.words,
                shown.url,
                shown.current,
                self._badge(entry.model) if own else "",
                (seen if own else seen[1:]) if is_open else [],
            )

    def _link(self, name: str) -> Link | None:
        model = self._by_name.get(name)
        if model is None or not self._may_see(model):
            return None
        options = model._meta
        try:
            url = reverse(f"admin:{options.app_label}_{options.model_name}_changelist")
        except NoReverseMatch:
            return None
        path = self._request.path
        current = "page" if path == url else "true" if path.startswith(url) else ""
        return Link(capfirst(str(options.verbose_name_plural)), url, current)

    def _may_see(self, model: type[Model]) -> bool:
        own = self._site._registry[model]
        return own.has_module_permission(self._request) and own.has_view_permission(self._request)

    def _badge(self, name: str) -> str:
        rows = _waiting().get(name)
        if rows is None:
            return ""
        app, model = name.split(".")
        mine = rows_where(rows, self._request.user, f"{app}.view_{model}").order_by()
        count = mine[: MOST_COUNTED + 1].count()
        if not count:
            return ""
        return f"{MOST_COUNTED}+" if count > MOST_COUNTED else str(count)


def _waiting() -> dict[str, QuerySet[Any]]:
    """Return the rows that a badge counts: those that wait for somebody. One query each."""
    unsent = Mail.objects.filter(state=Mail.State.SET_ASIDE).exclude(kind=Mail.Kind.SIGN_IN)
    return {
        "downloads.mail": unsent,
        "downloads.message": Message.objects.filter(state=Message.State.SET_ASIDE),
    }
