"""`manage.py demo`: the documents' own example, on a laptop."""

import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from copy import deepcopy
from datetime import timedelta
from io import StringIO
from urllib.parse import parse_qs, urlsplit

import pytest
from django.apps import apps
from django.conf import settings as django_settings
from django.core.management import CommandError, call_command
from django.db import connection
from standardwebhooks import Webhook

from downloads.models import Asset, Grant, Membership, Order, Role, Shop
from storefront.docs.manual import FOLDER
from storefront.inbox import apply_messages
from storefront.models import WebhookSecret
from tests.conftest import CONTRACTS, PAYLOADS, sign
from tests.factories import NOW, GrantFactory
from tests.missing import do_without
from tests.storefront.conftest import Page

KEYS = [
    "base_url",
    "rest_url",
    "page_url",
    "graphql_url",
    "graphiql_url",
    "rest_products_url",
    "token_exchange_url",
    "storefront_key",
    "customer_token",
    "other_customer_token",
    "customer_email",
    "customer_password",
    "secret_api_key",
    "basic_rest_url",
    "shop_domain",
    "shopify_webhook_url",
    "shopify_webhook_secret",
    "generic_webhook_url",
    "generic_webhook_secret",
    "admin_url",
    "admin_user",
    "admin_password",
    "staff_user",
    "staff_password",
]
ADDRESSES = [key for key in KEYS if key.endswith("_url")]


def run(**options):
    out = StringIO()
    call_command("demo", stdout=out, **{"no_serve": True, "json": True} | options)
    return out.getvalue()


@pytest.fixture(autouse=True)
def _is_migrated(monkeypatch):
    """Leave out what finds nothing to do here; what is served below begins with no database."""
    monkeypatch.setattr("storefront.management.commands.demo.call_command", lambda *_, **__: None)


@pytest.fixture
def demo(db):
    """What the demo printed."""
    return json.loads(run())


@pytest.fixture
def deliver(client, demo, django_capture_on_commit_callbacks):
    """Return a function that posts a signed message where the demo says, and has it applied."""

    def post(topic, payload):
        body = json.dumps(payload).encode()
        headers = signed_headers(demo, topic, body)
        with django_capture_on_commit_callbacks(execute=True):
            response = client.post(
                demo["shopify_webhook_url"], body, content_type="application/json", headers=headers
            )
        apply_messages.call()
        return response

    return post


def signed_headers(demo, topic, body):
    return {
        "X-Shopify-Topic": topic,
        "X-Shopify-Shop-Domain": demo["shop_domain"],
        "X-Shopify-Webhook-Id": topic,
        "X-Shopify-Hmac-Sha256": sign(body, demo["shopify_webhook_secret"]),
    }


@pytest.fixture
def ask(client, demo):
    """Return a function that asks face B for the first download, as one of the customers."""

    def send(fields="_id", bearer="customer_token"):
        iri = f"/api/shop/customer-downloadable-products/{first_grant().pk}"
        query = f'{{customerDownloadableProduct(id: "{iri}") {{{fields}}}}}'
        headers = {
            "X-Storefront-Key": demo["storefront_key"],
            "Authorization": f"Bearer {demo[bearer]}",
        }
        response = client.post(
            demo["graphql_url"], {"query": query}, content_type="application/json", headers=headers
        )
        assert response.status_code == 200
        return response.json()

    return send


def first_grant():
    return Grant.objects.order_by("pk").first()


def rows():
    """Return how many rows each table holds."""
    return {model._meta.db_table: model.objects.count() for model in apps.get_models()}


# --- What is printed ---------------------------------------------------------------------------


@pytest.mark.slow
def test_one_object_of_exactly_these_keys_is_printed(db):
    printed = run()
    assert printed.count("\n") == 1
    demo = json.loads(printed)
    assert list(demo) == KEYS
    base = "http://localhost:8000"
    assert {key: demo[key] for key in ADDRESSES} == {
        "base_url": base,
        "rest_url": f"{base}/api/v2/customer-account-orders?id=0c732eb6fd9802a0821a9d29888baee8",
        "page_url": f"{base}/orders/0c732eb6fd9802a0821a9d29888baee8",
        "graphql_url": f"{base}/api/graphql",
        "graphiql_url": f"{base}/api/graphiql",
        "rest_products_url": f"{base}/api/shop/customer-downloadable-products",
        "token_exchange_url": f"{base}/api/v1/customer-tokens",
        "basic_rest_url": (
            f"{base}/api/v2/customer-account-orders?id=5f0d1f6e0e4b4c0c8d7a3f1b2c9e6a47"
        ),
        "shopify_webhook_url": f"{base}/webhooks/shopify",
        "generic_webhook_url": f"{base}/webhooks/generic/my-store",
        "admin_url": f"{base}/admin/",
    }
    assert demo["shop_domain"] == "my-store"


@pytest.mark.slow
def test_a_person_is_told_where_to_go(demo):
    printed = run(json=False)
    for key in ("page_url", "admin_url", "admin_password", "rest_url", "storefront_key"):
        assert demo[key] in printed
    for key in ("staff_user", "staff_password"):
        assert demo[key] in printed
    assert f'curl "{demo["rest_url"]}"\n' in printed
    assert f'-H "Authorization: Bearer {demo["customer_token"]}"' in printed


@pytest.mark.slow
def test_a_second_run_prints_the_same_and_makes_nothing(demo):
    before = rows()
    assert json.loads(run()) == demo
    assert rows() == before
    # Another port moves every address and nothing else.
    assert json.loads(run(port=8123)) == {
        key: value.replace("localhost:8000", "localhost:8123") for key, value in demo.items()
    }
    assert rows() == before


@pytest.mark.slow
def test_a_second_run_keeps_what_a_merchant_changed(demo):
    Shop.objects.filter(domain="my-store").update(page_title="Mine", plan="growth")
    Asset.objects.filter(title="My new book").update(title="My newer book")
    Grant.objects.filter(pk=first_grant().pk).update(used=1)
    Order.objects.get(number=1051).lines.update(current_quantity=0)
    before = {
        model: list(model.objects.order_by("pk").values()) for model in (Shop, Asset, Grant, Order)
    }
    run()
    assert {model: list(model.objects.order_by("pk").values()) for model in before} == before


# --- Every way in works ------------------------------------------------------------------------


@pytest.mark.slow
def test_face_a_shows_the_documents_own_line_and_two_files_beside(client, demo):
    expected = json.loads((CONTRACTS / "customer-account-orders.200.json").read_text())["order"]
    order = client.get(demo["rest_url"]).json()["order"]
    first, ours = deepcopy(expected["lines"][0]), order["lines"][0]
    first["product"]["id"] = ours["product"]["id"]
    first["assets"][0]["data"]["id"] = ours["assets"][0]["data"]["id"]
    assert ours == first
    assert (order["order_number"], order["text"]) == (expected["order_number"], expected["text"])
    files = order["lines"][1]["assets"] + order["assets"]
    assert [
        (asset["data"]["filename"], asset["data"]["size"], asset["limits"]) for asset in files
    ] == [
        ("Garden at dawn", "88.2KB", {"downloaded": 0, "limit": 3}),
        ("Reading guide", "30.6KB", {"downloaded": 0, "limit": 5}),
    ]
    sound, guide = (client.get(asset["data"]["url"]).getvalue() for asset in files)
    assert (sound[:4], sound[8:12], guide[:2]) == (b"RIFF", b"WAVE", b"PK")


@pytest.mark.slow
def test_face_b_answers_its_customer_and_no_other(ask, frozen):
    fields = (
        "_id productName name fileName type downloadBought downloadUsed status "
        "remainingDownloads createdAt"
    )
    assert ask(fields) == {
        "data": {
            "customerDownloadableProduct": {
                "_id": first_grant().pk,
                "productName": "My new Book",
                "name": "My new book",
                "fileName": None,
                "type": "url",
                "downloadBought": 10,
                "downloadUsed": 5,
                "status": "available",
                "remainingDownloads": 5,
                "createdAt": "2026-03-01T12:00:00+00:00",
            }
        }
    }
    # What is printed on one day still works on another.
    frozen(NOW + timedelta(days=400))
    assert ask() == {"data": {"customerDownloadableProduct": {"_id": first_grant().pk}}}
    assert ask(bearer="other_customer_token") == {
        "errors": [
            {
                "message": f'Customer downloadable product with ID "{first_grant().pk}" not found',
                "locations": [{"line": 1, "column": 2}],
                "path": ["customerDownloadableProduct"],
            }
        ],
        "data": {"customerDownloadableProduct": None},
    }


@pytest.mark.slow
def test_the_documents_order_comes_first_and_a_real_one_last(demo):
    assert first_grant().asset.title == "My new book"
    numbers = list(Order.objects.order_by("pk").values_list("number", flat=True))
    assert numbers == [1050, 1051, 2001, 1001]
    assert Order.objects.get(number=1001).lines.count() == 3
    assert list(Grant.objects.filter(order__number=1051).values("asset__title", "bought")) == [
        {"asset__title": "Pattern, all sizes", "bought": None}
    ]


@pytest.mark.slow
def test_every_other_address_leads_where_it_says(client, demo):
    basic = client.get(demo["basic_rest_url"])
    assert basic.status_code == 402
    assert basic.json() == {
        "message": "Customer-account download links need the Premium plan. Upgrade to enable them."
    }
    page = Page(client.get(demo["page_url"]))
    assert (page.texts["number"], len(page.actions)) == (["Order 1050"], 3)
    signed_in = client.post(
        f"{demo['admin_url']}login/?next=/admin/",
        {"username": demo["admin_user"], "password": demo["admin_password"]},
    )
    assert (signed_in.status_code, signed_in["Location"]) == (302, "/admin/")


@pytest.mark.slow
def test_the_staff_user_manages_one_shop_and_sees_nothing_of_the_other(client, demo):
    entered = {"username": demo["staff_user"], "password": demo["staff_password"]}
    signed_in = client.post(f"{demo['admin_url']}login/?next=/admin/", entered)
    assert (signed_in.status_code, signed_in["Location"]) == (302, "/admin/")
    [member] = Membership.objects.all()
    assert (member.user.get_username(), member.shop.domain) == (demo["staff_user"], "my-store")
    assert (member.role, member.user.is_superuser) == (Role.MANAGER, False)
    shops = client.get("/admin/downloads/shop/").context["cl"].queryset
    assert [shop.domain for shop in shops] == ["my-store"]
    orders = client.get("/admin/downloads/order/").context["cl"].queryset
    assert sorted(order.number for order in orders) == [1001, 1050, 1051]
    mine, other = Order.objects.get(number=1050), Order.objects.get(number=2001)
    for order, status in ((mine, 200), (other, 302)):
        page = client.get(f"/admin/downloads/order/{order.pk}/change/")
        assert page.status_code == status
    for page in ("", "downloads/shop/", "downloads/order/", "downloads/customer/?q=mary"):
        text = client.get(f"/admin/{page}").content.decode()
        assert [word for word in ("basic-store", "Photo set", "mary@") if word in text] == []


@pytest.mark.slow
def test_a_shop_can_speak_with_the_printed_secret(deliver, demo):
    paid = {"order_number": 1001, "id": 450789469, "financial_status": "paid"}
    order = json.loads((PAYLOADS / "shopify-order.json").read_text())["order"] | paid
    response = deliver("orders/paid", order | {"updated_at": "2008-01-11T00:00:00Z"})
    assert (response.status_code, response.json()) == (200, {"message": "Received."})
    assert Order.objects.get(number=1001).payment == "paid"


OWN = {
    "type": "order.paid",
    "timestamp": "2026-02-28T10:00:00Z",
    "data": {
        "id": 4711,
        "number": 4711,
        "payment": "paid",
        "placed_at": "2026-02-28T10:00:00Z",
        "token": "e" * 32,
        "lines": [{"id": 1, "quantity": 1, "product": {"variant_id": 1234567, "name": "Book"}}],
    },
}


@pytest.mark.slow
def test_a_shop_of_ones_own_can_speak_with_the_printed_secret(client, demo):
    headers = {
        "webhook-id": "msg_1",
        "webhook-timestamp": str(int(NOW.timestamp())),
        "webhook-signature": Webhook(demo["generic_webhook_secret"]).sign(
            "msg_1", NOW, json.dumps(OWN)
        ),
    }
    response = client.post(
        demo["generic_webhook_url"], OWN, content_type="application/json", headers=headers
    )
    assert (response.status_code, response.json()) == (200, {"message": "Received."})
    apply_messages.call()
    answer = client.get(demo["rest_url"].partition("=")[0] + "=" + "e" * 32).json()
    assert answer["order"]["lines"][0]["assets"][0]["limits"] == {"downloaded": 0, "limit": 10}


@pytest.mark.slow
def test_a_demo_of_before_gains_the_secret_it_lacks_and_keeps_the_other(demo):
    WebhookSecret.objects.filter(source="generic").delete()
    [before] = WebhookSecret.objects.values()
    assert json.loads(run()) == demo
    assert WebhookSecret.objects.filter(pk=before["id"]).values().get() == before
    assert WebhookSecret.objects.get(source="generic").reveal() == demo["generic_webhook_secret"]


# --- What is kept ------------------------------------------------------------------------------


@pytest.mark.slow
def test_no_printed_secret_is_stored(demo):
    secrets = {
        demo["storefront_key"],
        demo["shopify_webhook_secret"],
        demo["generic_webhook_secret"],
        demo["admin_password"],
        demo["staff_password"],
        *(demo[token] for token in ("customer_token", "other_customer_token")),
        *(demo[token].partition("|")[2] for token in ("customer_token", "other_customer_token")),
        *(parse_qs(urlsplit(demo[url]).query)["id"][0] for url in ("rest_url", "basic_rest_url")),
    }
    assert len(secrets) == 11
    stored = []
    with connection.cursor() as cursor:
        for table in connection.introspection.table_names(cursor):
            cursor.execute(f"SELECT * FROM {connection.ops.quote_name(table)}")  # noqa: S608
            stored += [str(value) for row in cursor.fetchall() for value in row]
    assert "my-store" in stored
    assert [value for value in stored for secret in secrets if secret in value] == []


# --- Where it does not run ---------------------------------------------------------------------


def test_a_port_in_use_is_told_plainly(db):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(CommandError) as error:
            run(no_serve=False, port=port)
    assert str(error.value) == (
        f"Port {port} cannot be used (Address already in use). "
        f"Stop what runs there, or choose another: --port {port + 1}"
    )
    assert Shop.objects.count() == 0


@pytest.mark.parametrize("port", [0, -1, 65_536])
def test_a_port_that_is_none_is_refused(db, port):
    with pytest.raises(CommandError, match=r"\AA port is a number from 1 to 65535\.\Z"):
        run(no_serve=False, port=port)
    assert Shop.objects.count() == 0


def test_production_has_no_demo(db, settings):
    settings.PRODUCTION = True
    with pytest.raises(CommandError) as error:
        run()
    assert str(error.value) == "The demo's passwords are no secrets: it runs on laptops only."
    assert Shop.objects.count() == 0


@pytest.mark.slow
@pytest.mark.django_db(transaction=True, serialized_rollback=True)
def test_numbers_that_were_used_up_before_are_begun_anew():
    grant = GrantFactory()
    grant.delete()
    grant.line.delete()
    Order.objects.all().delete()
    assert Grant.objects.exists() is False
    run()
    assert Grant.objects.order_by("pk").first().pk == 1


# --- While it serves ---------------------------------------------------------------------------


@pytest.fixture(scope="module")
def served(tmp_path_factory):
    """Serve the demo in a process of its own, with its worker; yield the process and its words.

    It begins with no database, and making one takes seconds: once for all that look at it.
    """
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    environment = os.environ | {"DATA_DIR": str(tmp_path_factory.mktemp("demo"))}
    environment.pop("DATABASE_URL", None)
    command = [sys.executable, "manage.py", "demo", "--json", "--port", str(port)]
    with subprocess.Popen(
        command, cwd=django_settings.BASE_DIR, env=environment, stdout=subprocess.PIPE, text=True
    ) as process:
        try:
            yield process, json.loads(process.stdout.readline())
        finally:
            process.kill()


def fetch(url, body=None, headers=None):
    """Return the status and the JSON of an answer; a POST where there is a body."""
    request = urllib.request.Request(  # noqa: S310 (our own server)
        url, body, {"Content-Type": "application/json"} | (headers or {})
    )
    try:
        with urllib.request.urlopen(request, timeout=5) as answer:  # noqa: S310
            return answer.status, json.load(answer)
    except urllib.error.HTTPError as error:
        return error.code, json.load(error)


def eventually(seconds, ask):
    """Return the first answer that holds, or None after so many seconds."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        try:
            if answer := ask():
                return answer
        except OSError:
            pass
        time.sleep(0.1)
    return None


@pytest.mark.slow
def test_an_order_posted_while_it_serves_is_on_both_faces_within_five_seconds(served):
    _process, demo = served
    assert eventually(30, lambda: fetch(f"{demo['base_url']}/healthz"))
    order = json.loads((PAYLOADS / "shopify-order.json").read_text())["order"] | {
        "id": 2**53 + 1,
        "order_number": 4711,
        "name": "#4711",
        "token": "f" * 32,
        "financial_status": "paid",
        "email": "ada@example.com",
        "customer": None,
    }
    # The book of the document's own order, which has a link.
    order["line_items"] = [{"id": 1, "quantity": 1, "title": "Book", "variant_id": 1234567}]
    body = json.dumps(order).encode()
    headers = signed_headers(demo, "orders/create", body)
    assert fetch(demo["shopify_webhook_url"], body, headers)[0] == 200
    posted_at = time.monotonic()

    def face_a():
        status, answer = fetch(demo["rest_url"].partition("=")[0] + "=" + "f" * 32)
        return answer["order"] if status == 200 else None

    shown = eventually(5, face_a)
    assert shown["order_number"] == 4711
    assert shown["lines"][0]["assets"][0]["limits"] == {"downloaded": 0, "limit": 10}
    query = "{customerDownloadableProducts(first: 50) {edges {node {order {incrementId}}}}}"
    asked = {
        "X-Storefront-Key": demo["storefront_key"],
        "Authorization": f"Bearer {demo['customer_token']}",
    }
    answer = fetch(demo["graphql_url"], json.dumps({"query": query}).encode(), asked)[1]
    assert "4711" in json.dumps(answer)
    assert time.monotonic() - posted_at < 5


@pytest.mark.slow
def test_every_curl_line_of_the_documents_works_as_it_stands(served):
    for program in ("curl", "openssl", "bash"):
        if shutil.which(program) is None:
            do_without(program)
    _process, demo = served
    assert eventually(30, lambda: fetch(f"{demo['base_url']}/healthz"))
    files = [django_settings.BASE_DIR / "README.md", FOLDER / "api.md", FOLDER / "webhooks.md"]
    documents = "\n".join(path.read_text(encoding="utf-8") for path in files)
    # The README shows two of them first.
    blocks = dict.fromkeys(re.findall(r"^```\w*\n(.*?)^```$", documents, re.DOTALL | re.MULTILINE))
    answers = []
    for block in (each for each in blocks if "\ncurl " in f"\n{each}"):
        # Nothing but the port is another: the demo's secrets are the same everywhere.
        typed = block.replace("http://localhost:8000", demo["base_url"])
        done = subprocess.run(["bash", "-c", typed], capture_output=True, text=True, timeout=30)
        answers.append(json.loads(done.stdout))
    assert len(answers) == 6
    assert [answer for answer in answers if answer == {"message": "Received."}] == answers[4:]
    assert [answer for answer in answers[:4] if "message" in answer or "errors" in answer] == []
    for token in ("7a1d3c5e9b2f4a6c8d0e1f3a5b7c9d2e", "3b5d7f9a1c2e4a6b8d0f1e3c5a7b9d2f"):
        url = demo["rest_url"].partition("=")[0] + "=" + token
        assert eventually(5, lambda url=url: fetch(url)[0] == 200)


@pytest.mark.slow
def test_killed_it_leaves_no_worker_behind(served):
    process, _demo = served
    process.send_signal(signal.SIGKILL)
    # The worker writes to the same pipe: its end comes when the worker has stopped, too.
    process.communicate(timeout=20)
