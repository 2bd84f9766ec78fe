"""Two shops, two customers each, every id in every form: what is another's looks like nothing.

Each thing is asked for by a stranger, then made to be missing, and asked for once more in the very
same words: the two answers are one byte for byte, and its owner was served before.
"""

import json
from dataclasses import dataclass
from types import SimpleNamespace

import pytest
from django.urls import get_resolver
from graphql import GraphQLInputObjectType, get_named_type

from downloads import fulfilment
from downloads.models import Account, Customer, Delivery, Grant, Invitation, Order
from downloads.tokens import hash_token
from storefront.graphql_api.paging import cursor_of
from storefront.graphql_api.schema import schema
from storefront.models import CustomerToken, SecretKey, StorefrontKey
from storefront.signed_urls import account_url, new_click, ticket_url
from tests.factories import NOW, CustomerFactory, OrderFactory, ShopFactory, make_file_grant
from tests.invariants.isolation.table import undone

BOUGHT = "/api/shop/customer-downloadable-products"
PASSWORD = "correct-horse-battery"
FORM = "application/x-www-form-urlencoded"
# What tells one request from the next, and nothing of what was asked.
OF_THE_REQUEST = {"x-request-id", "x-ratelimit-remaining"}


# --- Two shops with two customers each ---------------------------------------------------------


@dataclass
class Person:
    """A customer with an order, a file in it, an account, and all credentials."""

    shop: int
    customer: Customer
    order: Order
    grant: Grant
    account: Account
    token: str
    bearer: str
    invitation: str
    key: str
    secret: str

    @property
    def headers(self) -> dict[str, str]:
        return {"X-Storefront-Key": self.key, "Authorization": f"Bearer {self.bearer}"}

    @property
    def click(self) -> str:
        return new_click(self.grant, at=NOW).signed

    @property
    def ticket(self) -> str:
        return ticket_url(self.order).rpartition("/")[2]

    @property
    def account_ticket(self) -> str:
        return account_url(self.account, at=NOW).rpartition("/")[2]


def make_person(number, shop, **keys):
    token, email = f"{number}" * 32, f"account-{number}@example.com"
    customer = CustomerFactory(shop=shop, platform_id=500 + number)
    order = OrderFactory(shop=shop, customer=customer, token=token)
    grant = make_file_grant(order=order, limit=100)
    fulfilment.register(shop, at=NOW, email=email, password=PASSWORD, first_name="A", last_name="B")
    account = Account.objects.get(email=email)
    bearer = CustomerToken.issue(customer, at=NOW)[1]
    invitation = fulfilment.memberships.invite(
        shop, f"staff-{number}@example.com", "support", at=NOW
    )[1]
    return Person(shop.pk, customer, order, grant, account, token, bearer, invitation, **keys)


def make_people():
    found = []
    for names in ("ab", "cd"):
        shop = ShopFactory()
        keys = {
            "key": StorefrontKey.issue(shop, name="matrix", rate_per_minute=10**6)[1],
            "secret": SecretKey.issue(shop, name="matrix", rate_per_minute=10**6)[1],
        }
        found += [make_person("abcd".index(name) + 1, shop, **keys) for name in names]
    return found


@pytest.fixture(scope="module")
def four(kept_rows):
    """a and b of one shop, c and d of another, built once for the file."""
    with kept_rows(make_people) as built:
        yield built


@pytest.fixture
def people(db, four, settings, _apart):
    settings.MEDIA_ROOT = four[1]
    settings.TOKEN_MISSES_PER_MINUTE = settings.SIGN_INS_PER_MINUTE = 10**6
    settings.LINK_REQUESTS_PER_MINUTE = 10**6
    a, b, _c, d = four[0]
    # A neighbour of the same shop, and a stranger of an earlier one.
    return SimpleNamespace(all=[a, d], pairs=[(a, b), (d, b)])


# --- What can be asked for, and how ------------------------------------------------------------


def graphql(client, document, variables=None, **headers):
    return client.post(
        "/api/graphql",
        {"query": document, "variables": variables or {}},
        content_type="application/json",
        headers=headers,
    )


def asks_one(literal):
    """Ask for one downloadable, its id written into the document."""

    def ask(client, me, them):
        fields = f"customerDownloadableProduct(id: {literal % them.grant.pk}) {{ name }}"
        return graphql(client, f"{{ {fields} }}", **me.headers)

    return ask


def asks_one_by_variable(make):
    def ask(client, me, them):
        document = "query($id: ID!) { customerDownloadableProduct(id: $id) { name } }"
        return graphql(client, document, {"id": make(them.grant.pk)}, **me.headers)

    return ask


def asks_profile(literal):
    """Ask who somebody is, by their own number."""

    def ask(client, me, them):
        fields = f"readCustomerProfile(id: {literal % them.customer.pk}) {{ _id email }}"
        return graphql(client, f"{{ {fields} }}", **me.headers)

    return ask


def asks_page(argument):
    def ask(client, me, them):
        size = "first: 50" if argument == "after" else "last: 50"
        cursor = cursor_of(them.grant)
        asked = f'customerDownloadableProducts({size}, {argument}: "{cursor}")'
        fields = "totalCount edges { node { name } } pageInfo { hasNextPage hasPreviousPage }"
        return graphql(client, f"{{ {asked} {{ {fields} }} }}", **me.headers)

    return ask


def signs_in(client, me, them):
    document = """mutation($email: String!, $password: String!) {
      createCustomerLogin(input: {email: $email, password: $password}) {
        customerLogin { id _id success message } } }"""
    entered = {"email": them.account.email, "password": PASSWORD}
    return graphql(client, document, entered, **{"X-Storefront-Key": me.key})


def signs_in_wrongly(client, me, them):
    document = """mutation { createCustomerLogin(input: {email: "%s", password: "another one"}) {
        customerLogin { id _id token success message } } }"""
    return graphql(client, document % them.account.email, **{"X-Storefront-Key": me.key})


def registers(client, me, them):
    document = """mutation($email: String!, $password: String!) { createCustomer(input: {
        email: $email, password: $password, confirmPassword: $password, firstName: "E",
        lastName: "F"}) { customer { id _id email firstName lastName } } }"""
    entered = {"email": them.account.email, "password": "another one entirely"}
    return graphql(client, document, entered, **{"X-Storefront-Key": me.key})


def forgets_password(client, me, them):
    document = """mutation($email: String!) { createForgotPassword(input: {email: $email}) {
        forgotPassword { success message } } }"""
    entered = {"email": them.account.email}
    return graphql(client, document, entered, **{"X-Storefront-Key": me.key})


def asks_links(whose):
    """Ask with the public form for the links of the address of a customer or an account."""

    def ask(client, me, them):
        return client.post("/links", {"email": getattr(them, whose).email})

    return ask


def sends_bearer(document):
    """Ask with one's own key and another's bearer."""

    def ask(client, me, them):
        return graphql(client, document, **me.headers | {"Authorization": f"Bearer {them.bearer}"})

    return ask


def gets(path, method="GET", make=str):
    def ask(client, me, them):
        number = make(them.grant.pk)
        return client.generic(method, f"{BOUGHT}/{number}{path}", headers=me.headers)

    return ask


PURCHASED = "/downloadable/download/purchased"


def purchases(query="", method="GET", make=str):
    def ask(client, me, them):
        path = f"{PURCHASED}/{make(them.grant.pk)}{query}"
        return client.generic(method, path, headers=me.headers)

    return ask


def gets_with_bearer(path):
    def ask(client, me, them):
        headers = me.headers | {"Authorization": f"Bearer {them.bearer}"}
        return client.get(path % them.grant.pk if "%" in path else path, headers=headers)

    return ask


def bends(prefix, held, method="GET"):
    """Put another's facts under one's own signature; each one's own is as it was signed."""

    def ask(client, me, them):
        mine, theirs = getattr(me, held), getattr(them, held)
        separator = "/" if "/" in mine else "."
        if me is not them:
            facts, signature = theirs.rpartition(separator)[0], mine.rpartition(separator)[2]
            theirs = f"{facts}{separator}{signature}"
        form = f"password={PASSWORD}&again={PASSWORD}"
        return client.generic(method, prefix + theirs, form, FORM)

    return ask


def nearly(path, held="token", method="GET"):
    """Ask with another's token but for its last letter; with one's own as it is."""

    def ask(client, me, them):
        token = getattr(them, held)
        if me is not them:
            token = token[:-1] + ("g" if token.endswith("f") else "f")
        form = f"password={PASSWORD}&again={PASSWORD}"
        return client.generic(method, path + token, form, FORM)

    return ask


def exchanges(make):
    def ask(client, me, them):
        return client.post(
            "/api/v1/customer-tokens",
            make(them),
            content_type="application/json",
            headers={"Authorization": f"Bearer {me.secret}"},
        )

    return ask


def delete(row):
    # By a query: the row in hand keeps its number, to be asked for again.
    type(row).objects.filter(pk=row.pk).delete()


def forget_grant(them):
    delete(them.grant)


def forget_order(them):
    delete(them.grant)
    delete(them.order)


def forget_account(them):
    delete(them.account)


def forget_invitation(them):
    Invitation.objects.filter(token_hash=hash_token(them.invitation)).delete()


def forget_customer(them):
    # An order's address is its own, and is exchanged for a bearer of whoever owns that.
    them.customer.orders.update(email="")
    delete(them.customer)


def forget_bearer(them):
    CustomerToken.objects.filter(pk=int(them.bearer.partition("|")[0])).delete()


@dataclass(frozen=True)
class Probe:
    """One way to ask for what is somebody's, and how that comes to be missing.

    `across_shops`: what one holds opens it to all of the shop; another shop's is foreign alone.
    `is_public`: its owner is answered like everybody.
    """

    ask: object
    forget: object = forget_grant
    across_shops: bool = False
    is_public: bool = False


IRI_LITERAL = f'"{BOUGHT}/%d"'
SIGN_IN = [
    Probe(signs_in, forget_account, across_shops=True),
    Probe(signs_in_wrongly, forget_account, is_public=True),
]
LIST = "{ customerDownloadableProducts { totalCount edges { node { name } } } }"
# By the argument, as the schema names it.
OF_ARGUMENTS = {
    "Query.customerDownloadableProduct(id)": [
        Probe(asks_one(IRI_LITERAL)),
        Probe(asks_one('"%d"')),
        Probe(asks_one("%d")),
        Probe(asks_one('"00%d"')),
        Probe(asks_one_by_variable(lambda number: f"{BOUGHT}/{number}")),
        Probe(asks_one_by_variable(str)),
        Probe(asks_one_by_variable(int)),
        # No form of an id: refused for everybody alike.
        Probe(asks_one(f'"{BOUGHT}/%d/download"'), is_public=True),
        Probe(asks_one('"http://localhost:8000%d"'), is_public=True),
    ],
    "Query.customerDownloadableProducts(after)": [Probe(asks_page("after"))],
    "Query.customerDownloadableProducts(before)": [Probe(asks_page("before"))],
    "Query.readCustomerProfile(id)": [
        Probe(asks_profile('"/api/shop/customers/%d"'), forget_customer),
        Probe(asks_profile('"%d"'), forget_customer),
        Probe(asks_profile("%d"), forget_customer),
        Probe(asks_profile('"00%d"'), forget_customer),
        # No form of an id: refused for everybody alike.
        Probe(asks_profile(f'"{BOUGHT}/%d"'), forget_customer, is_public=True),
    ],
    "Mutation.createCustomer(email)": [Probe(registers, forget_account, is_public=True)],
    "Mutation.createForgotPassword(email)": [
        Probe(forgets_password, forget_account, is_public=True)
    ],
    "Mutation.createCustomerLogin(email)": SIGN_IN,
    "Mutation.createCustomerLogin(password)": SIGN_IN,
}
# Of a registration, taken and not looked at.
IGNORED = ("phone", "gender", "dateOfBirth", "status", "isVerified", "isSuspended")
IGNORED += ("subscribedToNewsLetter", "deviceToken")
# What names no row of anybody's.
NAMELESS = {
    *(f"Query.customerDownloadableProducts({name})" for name in ("first", "last", "status")),
    *(
        f"Mutation.createCustomer({name})"
        for name in ("firstName", "lastName", "password", "confirmPassword", *IGNORED)
    ),
    *(f"Mutation.{name}(deviceToken)" for name in ("createCustomerLogin", "createLogout")),
    *(
        f"Mutation.{name}(clientMutationId)"
        for name in (
            "createCustomer",
            "createCustomerLogin",
            "createForgotPassword",
            "createLogout",
            "createVerifyToken",
        )
    ),
}
# By the route's name in the URL map.
OF_ROUTES = {
    "downloadable": [
        Probe(gets("")),
        Probe(gets("", "HEAD")),
        Probe(gets("", make=lambda number: f"00{number}")),
    ],
    "downloadable-download": [
        Probe(gets("/download")),
        Probe(gets("/download", "HEAD")),
        Probe(gets("/download?as=address", "HEAD")),
    ],
    "purchased-download": [
        Probe(purchases()),
        Probe(purchases(method="HEAD")),
        Probe(purchases("?as=address", "HEAD")),
        Probe(purchases(make=lambda number: f"00{number}")),
    ],
    "order": [
        Probe(bends("/orders/", "ticket"), forget_order),
        Probe(nearly("/orders/"), forget_order),
    ],
    "account": [
        Probe(bends("/accounts/", "account_ticket"), forget_account),
        Probe(bends("/accounts/", "account_ticket", "POST"), forget_account),
    ],
    "invitation": [
        Probe(nearly("/invitations/", "invitation"), forget_invitation),
        Probe(nearly("/invitations/", "invitation", "POST"), forget_invitation),
    ],
    "download": [
        Probe(bends("/downloads/", "click")),
        Probe(bends("/downloads/", "click", "HEAD")),
    ],
    "click": [Probe(bends("/clicks/", "click", "POST"))],
}
# A platform's name, a shop's domain, a mail provider's name, a document's.
NAMELESS_ROUTES = {"webhook", "shop-webhook", "bounces", "document", "brand-logo", "brand-sheet"}
# What stands elsewhere in a request: its query, its body, its headers.
ELSEWHERE = {
    "mail address of the public form": [
        Probe(asks_links("customer"), forget_order, is_public=True),
        Probe(asks_links("customer"), forget_customer, is_public=True),
        Probe(asks_links("account"), forget_account, is_public=True),
    ],
    "order-status token": [Probe(nearly("/api/v2/customer-account-orders?id="), forget_order)],
    "customer of an exchange": [
        Probe(
            exchanges(lambda them: {"email": them.customer.email}),
            forget_customer,
            across_shops=True,
        ),
        Probe(
            exchanges(lambda them: {"platform_id": them.customer.platform_id}),
            forget_customer,
            across_shops=True,
        ),
    ],
    "bearer": [
        Probe(sends_bearer(LIST), forget_bearer, across_shops=True),
        *(
            Probe(sends_bearer(f"mutation {{ {fields} }}"), forget_bearer, across_shops=True)
            for fields in (
                "createVerifyToken(input: {}) { verifyToken { _id email isValid message } }",
                "createLogout(input: {}) { logout { success message } }",
            )
        ),
        *(
            Probe(gets_with_bearer(path), forget_bearer, across_shops=True)
            for path in (BOUGHT, f"{BOUGHT}/%d", f"{BOUGHT}/%d/download", f"{PURCHASED}/%d")
        ),
    ],
}
PROBES = [
    pytest.param(probe, id=f"{name}-{number}")
    for table in (OF_ARGUMENTS, OF_ROUTES, ELSEWHERE)
    for name, probes in table.items()
    for number, probe in enumerate(probes)
]


# --- Nothing is left out -----------------------------------------------------------------------


def arguments():
    """Yield each argument of a field that a document may begin with, inside its input too."""
    for kind in ("Query", "Mutation"):
        for name, field in schema.graphql_schema.type_map[kind].fields.items():
            for argument, given in field.args.items():
                inner = get_named_type(given.type)
                is_input = isinstance(inner, GraphQLInputObjectType)
                for each in inner.fields if is_input else [argument]:
                    yield f"{kind}.{name}({each})"


def routes():
    """Yield the name of each of our routes that has a parameter; staff alone see the admin's."""
    for pattern in get_resolver("storefront.urls").url_patterns:
        if pattern.pattern.regex.groups:
            yield pattern.name


def test_every_argument_is_asked_about():
    assert sorted(arguments()) == sorted({*OF_ARGUMENTS, *NAMELESS})


def test_every_route_with_a_parameter_is_asked_about():
    assert sorted(routes()) == sorted({*OF_ROUTES, *NAMELESS_ROUTES})


# --- The matrix --------------------------------------------------------------------------------


def answer(client, probe, me, them, then=lambda: None):
    """Ask; return the answer's status, its headers and its body. What it did is taken back.

    `then` looks at the rows before that.
    """
    with undone():
        response = probe.ask(client, me, them)
        body = response.getvalue() if response.streaming else response.content
        then()
    headers = {name.lower(): value for name, value in response.headers.items()}
    policy = headers.pop("content-security-policy", "")
    headers["content-security-policy"] = sorted(part.strip() for part in policy.split(";"))
    headers = {name: value for name, value in headers.items() if name not in OF_THE_REQUEST}
    return response.status_code, headers, body


# How GraphQL refuses, always with 200.
REFUSALS = (b'"errors":', b'"success":false', b'"isValid":false')


def is_served(answered):
    """Say whether somebody was given what they asked for."""
    status, _headers, body = answered
    return status < 400 and not any(refusal in body for refusal in REFUSALS)


@pytest.mark.parametrize("probe", PROBES)
def test_what_is_anothers_looks_like_nothing_and_moves_nothing(client, people, probe):
    for me, them in people.pairs:
        if probe.across_shops and me.shop == them.shop:
            continue
        before, after = held_by(them), []
        foreign = answer(
            client, probe, me, them, lambda them=them, to=after: to.append(held_by(them))
        )
        assert after == [before]
        with undone():
            probe.forget(them)
            missing = answer(client, probe, me, them)
        assert foreign == missing


@pytest.mark.parametrize("probe", [each for each in PROBES if not each.values[0].is_public])
def test_what_is_ones_own_is_served(client, people, probe):
    for one in people.all:
        served = answer(client, probe, one, one)
        assert is_served(served), served
        with undone():
            probe.forget(one)
            if not is_page(probe):
                assert not is_served(answer(client, probe, one, one))


def is_page(probe):
    """A cursor says where a page begins: that its row is gone since changes nothing."""
    pages = [*OF_ARGUMENTS["Query.customerDownloadableProducts(after)"]]
    return probe in [*pages, *OF_ARGUMENTS["Query.customerDownloadableProducts(before)"]]


@pytest.mark.parametrize("argument", ["after", "before"])
def test_a_page_beyond_anothers_cursor_holds_ones_own_alone(client, people, argument):
    for me, them in [*people.pairs, people.pairs[1][::-1]]:
        page = json.loads(answer(client, Probe(asks_page(argument)), me, them)[2])["data"]
        page = page["customerDownloadableProducts"]
        is_beyond = (me.grant.pk < them.grant.pk) == (argument == "after")
        names = [edge["node"]["name"] for edge in page["edges"]]
        assert names == ([me.grant.asset.title] if is_beyond else [])
        assert page["totalCount"] == 1


def held_by(person):
    """Return all that could be moved of somebody's."""
    return (
        list(Grant.objects.filter(pk=person.grant.pk).values()),
        list(Delivery.objects.filter(grant=person.grant).values()),
        list(Order.objects.filter(pk=person.order.pk).values()),
        list(Account.objects.filter(pk=person.account.pk).values()),
        list(Customer.objects.filter(pk=person.customer.pk).values()),
        list(CustomerToken.objects.filter(customer=person.customer).values("pk", "revoked_at")),
    )
