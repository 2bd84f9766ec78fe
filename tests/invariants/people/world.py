"""A shop, what is reported to it of people and their orders, and how each of them asks."""

import json
import re
from collections.abc import Callable
from datetime import datetime, timedelta

from django.core import mail as sent
from django.test import Client

from downloads import fulfilment
from downloads.incoming import CustomerReport, PersonReport
from downloads.models import Account, Customer, Grant, Order
from storefront import authentication
from storefront.mail import sender
from storefront.models import CustomerToken, SecretKey, StorefrontKey
from storefront.signed_urls import ticket_url
from tests.downloads.reported import order_report
from tests.factories import NOW, AttachmentFactory, ProductFactory, ShopFactory

OWN, COLLEAGUES, THIRD = "own@a.example", "colleague@b.example", "third@c.example"
LIST = "/api/shop/customer-downloadable-products"
QUERY = "{ customerDownloadableProducts(first: 50) { edges { node { _id } } } }"
ONE = 'g%s: customerDownloadableProduct(id: "%s") { _id }'
PASSWORD = "seventeen blue horses"

Seen = set[int] | None


class World:
    """One shop. Each thing told of it happens a minute after the one before."""

    def __init__(self, shop=None):
        self.shop = shop or ShopFactory()
        AttachmentFactory(product=ProductFactory(shop=self.shop, variant_id=1001))
        self.at: datetime = NOW
        self.client = Client()
        self.key = StorefrontKey.issue(self.shop, name="Storefront")[1]
        self.secret = SecretKey.issue(self.shop, name="Server")[1]
        self.tickets: dict[int, str] = {}

    # --- What happens ----------------------------------------------------------------------------

    def order(self, number, contact, *, person=None, account=None, at=None):
        """Report an order, with its customer's number and the account's address where told."""
        self.at += timedelta(minutes=1)
        buyer = CustomerReport(platform_id=person, email=account, first_name="Ada")
        report = order_report(
            platform_id=number,
            number=number,
            at=at or self.at,
            customer=buyer,
            email=contact,
            token=f"token-of-order-{self.shop.pk}-{number:020d}",
        )
        return fulfilment.record_order(self.shop, report, at=NOW).order

    def account(self, person, email):
        self.at += timedelta(minutes=1)
        report = CustomerReport(platform_id=person, email=email)
        fulfilment.record_account(self.shop, report, reported_at=self.at)

    def correct(self, number, email):
        fulfilment.correct_email(self.row(number), email, at=NOW)

    def merge(self, gone, kept):
        fulfilment.merge_numbers(self.shop, kept=kept, gone=gone, at=NOW)

    def unmerge(self, gone):
        fulfilment.unmerge_customer(self.person(gone), at=NOW)

    def erase(self, person=None, email=""):
        fulfilment.erase_person(self.shop, PersonReport(person, email), at=NOW)

    def note_ticket(self, number):
        """Keep the page's address as it is mailed now."""
        self.tickets[number] = ticket_url(self.row(number))

    def row(self, number):
        return Order.objects.get(shop=self.shop, platform_id=number)

    def person(self, number):
        return Customer.objects.get(shop=self.shop, platform_id=number)

    # --- Who asks --------------------------------------------------------------------------------

    def by_number(self, person) -> Seen:
        """Exchange a number for a bearer; return what it shows, None where there is none."""
        return self._exchange({"platform_id": person})

    def by_address(self, email) -> Seen:
        return self._exchange({"email": email})

    def by_admin(self, customer) -> Seen:
        return self.shown(CustomerToken.issue(customer, at=NOW)[1])

    def by_sign_in(self, email) -> Seen:
        """Register, follow the link that was mailed, sign in."""
        accounts = Account.objects.filter(shop=self.shop)
        if not accounts.with_email(email).exists():
            names = {"first_name": "Ada", "last_name": "King"}
            fulfilment.register(self.shop, email=email, password=PASSWORD, at=NOW, **names)
            account = accounts.with_email(email).get()
            fulfilment.choose_password(account.pk, state=account.state, password=PASSWORD, at=NOW)
        account = accounts.with_email(email).get()
        return self.shown(authentication.let_in(account, at=NOW)[1])

    def by_links(self, email) -> Seen:
        """Ask for the links of an address; return the orders whose pages the mail leads to."""
        sent.outbox = []
        fulfilment.request_links(email, at=NOW)
        sender.send_due(clock=lambda: NOW)
        found = set()
        # Some are written between quotes on an envelope.
        mine = [mail for mail in sent.outbox if email in (to.replace('"', "") for to in mail.to)]
        for mail in mine:
            for path in re.findall(r"http://localhost:8000(/orders/\S+)", str(mail.body)):
                found.add(self.page(path))
        return found

    def page(self, path) -> int | None:
        """Return the number of the order that a page shows, None where it shows none."""
        response = self.client.get(path, headers={"accept": "text/html"})
        if response.status_code == 404:
            return None
        assert response.status_code == 200
        return int(re.search(r"[Oo]rder (\d+)", response.content.decode())[1])

    def shown(self, bearer: str) -> Seen:
        """Return the numbers of the orders that a bearer shows, on each face alike."""
        sent_headers = {"X-Storefront-Key": self.key, "Authorization": f"Bearer {bearer}"}
        rest = self.client.get(LIST, {"per_page": 50}, headers=sent_headers)
        if rest.status_code == 401:
            return None
        listed = {row["id"] for row in rest.json()}
        asked = self._graphql(QUERY, sent_headers)["data"]["customerDownloadableProducts"]
        assert {edge["node"]["_id"] for edge in asked["edges"]} == listed
        mine = Grant.objects.filter(order__shop=self.shop).values_list("pk", flat=True)
        others = Grant.objects.exclude(order__shop=self.shop).values_list("pk", flat=True)
        grants = [*mine, *others[:3]]
        named = " ".join(ONE % (pk, pk) for pk in grants)
        nodes = self._graphql(f"{{ {named} }}", sent_headers)["data"] if grants else {}
        assert {pk for pk in grants if nodes[f"g{pk}"] is not None} == listed
        # One of each kind: a list and a look go by the same.
        for pk in {*sorted(listed)[:1], *sorted(set(grants) - listed)[:1]}:
            one = self.client.get(f"{LIST}/{pk}", headers=sent_headers)
            assert one.status_code == (200 if pk in listed else 404)
        return set(Order.objects.filter(grants__in=listed).values_list("number", flat=True))

    def _graphql(self, query, headers):
        body = {"query": query}
        return self.client.post(
            "/api/graphql", json.dumps(body), content_type="application/json", headers=headers
        ).json()

    def _exchange(self, named) -> Seen:
        answer = self.client.post(
            "/api/v1/customer-tokens",
            json.dumps(named),
            content_type="application/json",
            headers={"Authorization": f"Bearer {self.secret}"},
        )
        if answer.status_code == 404:
            return None
        assert answer.status_code == 201
        return self.shown(answer.json()["token"])


Asks = Callable[[World], Seen]
