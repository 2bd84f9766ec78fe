"""The admin's side bar: its lists in the order of use, those alone that their reader may see."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from django.contrib.admin import AdminSite
from django.db.models import Model
from django.http import HttpRequest
from django.urls import NoReverseMatch, reverse
from django.utils.text import capfirst
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from downloads.models import Shop
from downloads.models.shops import LANGUAGES
from storefront.staff.screen.facts import facts_of

# A badge of more is no more of a word.
MOST_SHOWN = 99


@dataclass(frozen=True)
class Entry:
    """A list of the side bar, and those that show below it while one of them is looked at."""

    model: str
    words: Any
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
    Entry("downloads.product", _("Products"), ("downloads.attachmentrule",)),
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


def list_words(model: type[Model]) -> str:
    """Return what a list of rows is called: as the side bar has it, or by the rows' own name."""
    names = {entry.model: entry.words for entry in (*DAILY, *SELDOM)}
    own = names.get(model._meta.label_lower) if model is not Shop else None
    return str(own or capfirst(str(model._meta.verbose_name_plural)))


class Navigation:
    """The side bar of one request; nothing is asked before it is shown."""

    def __init__(self, site: AdminSite, request: HttpRequest) -> None:
        self._site = site
        self._request = request
        self._by_name = {each._meta.label_lower: each for each in site._registry}

    @property
    def shop_name(self) -> str:
        """Return the shop's name, of who works for one alone."""
        return facts_of(self._request).shop_name

    @property
    def language(self) -> str:
        """Return what the reader's language calls itself."""
        return dict(LANGUAGES).get(get_language() or "", "")

    @property
    def languages(self) -> list[tuple[str, str, bool]]:
        """Return all there are, and which of them is chosen."""
        return [(code, name, code == get_language()) for code, name in LANGUAGES]

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
        return Link(list_words(model), url, current)

    def _may_see(self, model: type[Model]) -> bool:
        own = self._site._registry[model]
        return own.has_module_permission(self._request) and own.has_view_permission(self._request)

    def _badge(self, name: str) -> str:
        count = facts_of(self._request).waiting.get(name)
        if not count:
            return ""
        return f"{MOST_SHOWN}+" if count > MOST_SHOWN else str(count)
