"""One grant, five readers: after every step of a random walk they say the same, and the truth."""

import itertools
import re
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import pytest
from django.contrib.auth.models import User
from django.core.signals import request_finished
from django.db import close_old_connections
from django.test import Client
from hypothesis import HealthCheck, Phase
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from downloads import fulfilment
from downloads.incoming import DisputeReport, RefundReport
from downloads.lookups import ledger
from downloads.models import Delivery, Grant, LineItem, Order
from storefront.models import CustomerToken, StorefrontKey
from storefront.signed_urls import new_click
from tests.factories import (
    NOW,
    AttachmentFactory,
    LineFactory,
    LinkFactory,
    OrderFactory,
    make_file,
)
from tests.system.harness.processes import times

TOKEN = "b1946ac92492d2347c6235b4d2611184"
QUERY = """{ customerDownloadableProduct(id: "%s") {
    status downloadBought downloadUsed downloadCanceled remainingDownloads downloadUrl
    order { status } } }"""
LIFETIME_DAYS = 30
CONTENT = b"x" * 1000


@dataclass(frozen=True)
class Reading:
    """What a reader can see of the grant."""

    used: int
    allowed: int | None
    is_available: bool


@dataclass
class Facts:
    """The walk's own book, kept without the product's rule."""

    limit: int | None
    quantity: int
    ends_at: datetime | None
    is_file: bool
    added: int = 0
    used: int = 0
    given_back: int = 0
    kept: int = 0
    refunds: list[int] = field(default_factory=list)
    is_paid: bool = True
    is_disputed: bool = False
    is_lost: bool = False
    is_cancelled: bool = False
    is_revoked: bool = False

    @property
    def waits(self) -> bool:
        return self.is_disputed or not self.is_paid

    def begin_or_stop_the_lifetime(self, at: datetime) -> None:
        if self.waits and self.ends_at is not None and self.ends_at > at:
            self.ends_at = None
        if not self.waits and self.ends_at is None:
            self.ends_at = at + timedelta(days=LIFETIME_DAYS)

    @property
    def units_back(self) -> int:
        return min(self.quantity, max(sum(self.refunds), self.quantity - self.kept))

    @property
    def allowed(self) -> int | None:
        if self.limit is None:
            return None
        return self.limit * (self.quantity - self.units_back) + self.added

    def status(self, at: datetime) -> str:
        if self.is_cancelled or self.is_lost or self.units_back == self.quantity:
            return "expired"
        if self.waits:
            return "pending"
        assert self.ends_at is not None
        is_over = self.is_revoked or at >= self.ends_at
        is_used_up = self.allowed is not None and self.used >= self.allowed
        return "expired" if is_over or is_used_up else "available"


class Walk(RuleBasedStateMachine):
    set_time: staticmethod
    staff: Client
    numbers = itertools.count(1)

    @initialize(
        limit=st.sampled_from([1, 2, 5, None]), quantity=st.integers(1, 3), is_file=st.booleans()
    )
    def begin(self, limit, quantity, is_file):
        self.at = NOW
        self.set_time(self.at)
        Order.objects.update(token_hash=None)
        self.order = OrderFactory(token=TOKEN, platform_id=next(self.numbers))
        self.line = LineFactory(order=self.order, quantity=quantity, platform_id=77)
        shop = self.order.shop
        asset = make_file(shop, CONTENT) if is_file else LinkFactory(shop=shop)
        AttachmentFactory(
            product=self.line.product, asset=asset, limit=limit, lifetime_days=LIFETIME_DAYS
        )
        fulfilment.settle(self.order, at=self.at)
        self.grant = Grant.objects.get(order=self.order)
        ends_at = self.at + timedelta(days=LIFETIME_DAYS)
        self.facts = Facts(
            limit=limit, quantity=quantity, ends_at=ends_at, is_file=is_file, kept=quantity
        )
        self.client = Client()
        key, secret = StorefrontKey.issue(self.order.shop, name="walk")
        StorefrontKey.objects.filter(pk=key.pk).update(rate_per_minute=1_000_000)
        token, bearer = CustomerToken.issue(self.order.customer, at=self.at)
        CustomerToken.objects.filter(pk=token.pk).update(expires_at=None)
        self.headers = {"X-Storefront-Key": secret, "Authorization": f"Bearer {bearer}"}
        self.clicks = 0
        self.last_click = None

    @rule()
    def spend(self):
        was_available = self.facts.status(self.at) == "available"
        self.last_click = new_click(self.held(), at=self.at).url if was_available else None
        status = self.fetch(new_click(self.held(), at=self.at).url)
        expected = {"available": self.given, "pending": 403, "expired": 410}
        assert status == expected[self.facts.status(self.at)]
        self.facts.used += was_available
        self.clicks += was_available

    @rule()
    def click_twice(self):
        url = new_click(self.held(), at=self.at).url
        was_available = self.facts.status(self.at) == "available"
        assert self.fetch(url) == self.fetch(url)
        self.facts.used += was_available
        self.clicks += was_available

    @precondition(lambda self: self.facts.is_file)
    @precondition(lambda self: self.facts.status(self.at) == "available")
    @rule(is_noticed=st.booleans())
    def cut_off(self, is_noticed):
        """The line breaks before the first byte; we see it at once, or when the window is over."""
        click = new_click(self.held(), at=self.at)
        if is_noticed:
            response = self.client.get(click.url)
            # As the test client does for what it has read: the walk's transaction goes on.
            request_finished.disconnect(close_old_connections)
            response.close()
            request_finished.connect(close_old_connections)
        else:
            self.client.post(click.form_action)
            self.wait(timedelta(minutes=30))
            fulfilment.weigh_deliveries(at=self.at)
        is_kept = self.facts.given_back >= 3
        self.facts.given_back += not is_kept
        self.facts.used += is_kept
        self.clicks += is_kept

    @rule()
    def prune(self):
        fulfilment.prune_ledger(at=self.at + timedelta(days=400))

    @rule()
    def look_ahead(self):
        url = new_click(self.held(), at=self.at).url
        self.client.head(url)
        self.client.get(url, headers={"Sec-Purpose": "prefetch"})

    @rule()
    def reset(self):
        fulfilment.reset(self.grant, at=self.at)
        self.facts.used = 0

    @precondition(lambda self: self.facts.limit is not None)
    @rule(by=st.integers(1, 3))
    def raise_limit(self, by):
        fulfilment.raise_limit(self.held(), by=by, at=self.at)
        self.facts.added += by

    @rule(units=st.integers(1, 2))
    def refund(self, units):
        # As a shop reports it: the refund, and the line's present quantity with it taken off.
        self.facts.kept = max(0, self.facts.kept - units)
        LineItem.objects.filter(pk=self.line.pk).update(current_quantity=self.facts.kept)
        number = len(self.facts.refunds) + 1
        report = RefundReport(platform_id=number, refunded_at=self.at, units={77: units})
        for _ in range(2):  # the second telling is no news
            fulfilment.record_refund(self.order.shop, self.order.platform_id, report, at=self.at)
        self.facts.refunds.append(units)

    @rule(data=st.data())
    def keep_units(self, data):
        self.facts.kept = data.draw(st.integers(0, self.facts.quantity))
        LineItem.objects.filter(pk=self.line.pk).update(current_quantity=self.facts.kept)
        fulfilment.settle(self.order, at=self.at)

    @rule()
    def cancel_or_reinstate(self):
        self.facts.is_cancelled = not self.facts.is_cancelled
        cancelled_at = self.at if self.facts.is_cancelled else None
        Order.objects.filter(pk=self.order.pk).update(cancelled_at=cancelled_at)
        fulfilment.settle(self.order, at=self.at)

    @rule()
    def unpay_or_pay(self):
        self.facts.is_paid = not self.facts.is_paid
        payment = Order.Payment.PAID if self.facts.is_paid else Order.Payment.PENDING
        Order.objects.filter(pk=self.order.pk).update(payment=payment)
        fulfilment.settle(self.order, at=self.at)
        self.facts.begin_or_stop_the_lifetime(self.at)

    @precondition(lambda self: not self.facts.is_disputed and not self.facts.is_lost)
    @rule()
    def dispute(self):
        # A release answers what was known at its moment, so the next dispute is a later one.
        self.wait(timedelta(seconds=1))
        self.dispute_number = next(self.numbers)
        self.facts.is_disputed = True
        self.tell_of_dispute("open")

    @precondition(lambda self: self.facts.is_disputed)
    @rule(state=st.sampled_from(["won", "lost"]))
    def decide_dispute(self, state):
        self.facts.is_disputed, self.facts.is_lost = False, state == "lost"
        self.tell_of_dispute(state)
        self.tell_of_dispute("open")  # late, and no news

    @precondition(lambda self: self.facts.is_disputed and self.facts.status(self.at) == "pending")
    @precondition(lambda self: self.facts.is_paid)
    @rule()
    def release(self):
        fulfilment.release(self.order, at=self.at)
        self.facts.is_disputed = False
        self.facts.begin_or_stop_the_lifetime(self.at)

    @rule()
    def revoke_or_restore(self):
        self.facts.is_revoked = not self.facts.is_revoked
        verb = fulfilment.revoke if self.facts.is_revoked else fulfilment.restore
        verb(self.grant, at=self.at)

    @rule(days=st.sampled_from([1, LIFETIME_DAYS]))
    def expire(self, days):
        self.wait(timedelta(days=days))

    @precondition(lambda self: self.facts.ends_at is not None)
    @rule(days=st.integers(1, 40))
    def extend(self, days):
        fulfilment.extend(self.held(), days=days, at=self.at)
        self.facts.ends_at = max(self.facts.ends_at, self.at) + timedelta(days=days)

    @invariant()
    def all_readers_tell_the_truth(self):
        if not hasattr(self, "facts"):
            return
        truth = Reading(
            used=self.facts.used,
            allowed=self.facts.allowed,
            is_available=self.facts.status(self.at) == "available",
        )
        assert self.read_face_a() == truth
        assert self.read_face_b() == truth
        assert self.read_rest() == truth
        # It tells what is left, and of what is shut nothing but why.
        left = None if truth.allowed is None else truth.allowed - truth.used
        assert self.read_page() == (left if truth.is_available else None)
        assert self.read_admin() == truth
        assert Delivery.objects.filter(grant=self.grant).count() == self.clicks
        assert ledger.counters_off(self.order.shop) == []

    @property
    def given(self):
        return 200 if self.facts.is_file else 302

    def fetch(self, url):
        """Ask for a download and read it to its end; return the status."""
        response = self.client.get(url)
        if response.status_code == 200:
            assert response.getvalue() == CONTENT
        return response.status_code

    def wait(self, time):
        self.at += time
        self.set_time(self.at)

    def tell_of_dispute(self, state):
        report = DisputeReport(self.dispute_number, state=state, opened_at=self.at)
        fulfilment.record_dispute(self.order.shop, self.order.platform_id, report, at=self.at)
        self.facts.begin_or_stop_the_lifetime(self.at)

    def held(self):
        return Grant.objects.with_facts().get(pk=self.grant.pk)

    def read_face_a(self):
        body = self.client.get("/api/v2/customer-account-orders", {"id": TOKEN}).json()
        [asset] = body["order"]["lines"][0]["assets"]
        limits = asset["limits"]
        return Reading(limits["downloaded"], limits["limit"], asset["data"]["url"] is not None)

    def read_face_b(self):
        body = self.client.post(
            "/api/graphql",
            {"query": QUERY % self.grant.pk},
            content_type="application/json",
            headers=self.headers,
        ).json()["data"]["customerDownloadableProduct"]
        return self.reading(body)

    def read_rest(self):
        url = f"/api/shop/customer-downloadable-products/{self.grant.pk}"
        return self.reading(self.client.get(url, headers=self.headers).json())

    def reading(self, body):
        assert body["status"] == self.facts.status(self.at)
        is_available = body["downloadUrl"] is not None
        assert is_available == (body["status"] == "available")
        if body["remainingDownloads"] is None:
            assert body["downloadBought"] == 0
            return Reading(body["downloadUsed"], None, is_available)
        allowed = body["downloadBought"] - body["downloadCanceled"]
        assert body["remainingDownloads"] == max(0, allowed - body["downloadUsed"])
        return Reading(body["downloadUsed"], allowed, is_available)

    def read_page(self):
        html = self.client.get(f"/orders/{TOKEN}").content.decode()
        left = re.search(r"(\d+) downloads? left|No limit on downloads", html)
        assert (left is not None) == ("<form" in html)
        return left and (None if left[1] is None else int(left[1]))

    def read_admin(self):
        url = f"/admin/downloads/grant/?id__exact={self.grant.pk}"
        html = self.staff.get(url).content.decode()
        used, allowed = re.search(r'field-downloads"[^>]*>(\d+) of (\w+)<', html).groups()
        status = re.search(r'field-status"[^>]*><span class="pill ?\w*">([\w ]+)<', html)[1]
        return Reading(
            int(used), None if allowed == "unlimited" else int(allowed), status == "open"
        )


@pytest.fixture
def walk(db, frozen, settings):
    """Return a function that takes that many random walks of that many steps."""
    # Sessions end by the real clock, which the walk runs away from.
    settings.SESSION_COOKIE_AGE = 10**9
    Walk.set_time = staticmethod(frozen)
    Walk.staff = Client()
    Walk.staff.force_login(User.objects.create_superuser("staff"))

    def take(walks: int, steps: int) -> None:
        run_state_machine_as_test(
            Walk,
            settings=hypothesis_settings(
                max_examples=walks,
                stateful_step_count=steps,
                deadline=None,
                # Shrinking a failed walk takes minutes; its steps are printed as they were.
                phases=(Phase.explicit, Phase.reuse, Phase.generate),
                suppress_health_check=list(HealthCheck),
            ),
        )

    return take


@pytest.mark.sampled
def test_every_face_tells_the_truth_after_every_step(walk):
    walk(6, 8)


@pytest.mark.slow
def test_every_face_tells_the_truth_after_many_steps(walk):
    walk(times(12, drill=30), times(12, drill=20))
