"""`manage.py demo`: the whole product on a laptop, with the documents' own example."""

import json
import os
import re
import socket
import subprocess
import sys
from argparse import ArgumentParser
from typing import Any
from urllib.parse import quote

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from downloads.models import Shop
from storefront.demo.busy import make_busy_year
from storefront.demo.example import (
    BASIC_ORDER_TOKEN,
    GENERIC_MESSAGE,
    ORDER_TOKEN,
    PAID_MESSAGE,
    SHOP,
    Example,
    make_example,
)
from storefront.graphql_api.schema import IRI

HOST = "127.0.0.1"
BAR = 30
MOMENT = re.compile(r"\d{4}-\d\d-\d\dT[\d:]{8}(?:Z|[+]00:00)")
QUERY = (
    'query { customerDownloadableProduct(id: "%s") '
    "{ _id productName name fileName type downloadBought downloadUsed status "
    "remainingDownloads createdAt } }"
)


class Command(BaseCommand):
    help = "Make the example shop, its orders and files, print how to get in, and serve."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--port", type=int, default=8000, help="where to serve (8000)")
        parser.add_argument("--no-serve", action="store_true", help="make and print, then exit")
        parser.add_argument(
            "--busy", action="store_true", help="make a year of invented business, too"
        )
        parser.add_argument("--json", action="store_true", help="print one JSON object alone")

    def handle(self, *, port: int, no_serve: bool, **options: Any) -> None:
        if settings.PRODUCTION:
            raise CommandError("The demo's passwords are no secrets: it runs on laptops only.")
        if not 1 <= port <= 65_535:
            raise CommandError("A port is a number from 1 to 65535.")
        if not no_serve:
            _require_free_port(port)
        call_command("migrate", verbosity=0)
        example = make_example(at=timezone.now())
        if options["busy"]:
            shop = Shop.objects.get(domain=SHOP)
            make_busy_year(shop, at=timezone.now(), progress=self.show_progress)
        entries = _entries(f"http://localhost:{port}", example)
        if options["json"]:
            self.stdout.write(json.dumps(entries))
        else:
            self.stdout.write(_welcome(entries, example))
        self.stdout.flush()
        if not no_serve:
            _serve(port, entries)

    def show_progress(self, done: float) -> None:
        """Draw a bar where somebody watches."""
        if self.stderr.isatty():
            bar = "█" * round(BAR * done)
            end = "\n" if done >= 1 else ""
            self.stderr.write(f"\rA year of business {bar:░<{BAR}} {done:4.0%}", ending=end)


def _entries(base_url: str, example: Example) -> dict[str, str]:
    rest_url = f"{base_url}/api/v2/customer-account-orders?id="
    return {
        "base_url": base_url,
        "rest_url": rest_url + quote(ORDER_TOKEN),
        "page_url": f"{base_url}/orders/{ORDER_TOKEN}",
        "graphql_url": f"{base_url}/api/graphql",
        "graphiql_url": f"{base_url}/api/graphiql",
        "rest_products_url": f"{base_url}/api/shop/customer-downloadable-products",
        "token_exchange_url": f"{base_url}/api/v1/customer-tokens",
        "storefront_key": example.storefront_key,
        "customer_token": example.customer_token,
        "other_customer_token": example.other_customer_token,
        "customer_email": example.customer_email,
        "customer_password": example.customer_password,
        "secret_api_key": example.secret_api_key,
        "basic_rest_url": rest_url + quote(BASIC_ORDER_TOKEN),
        "shop_domain": SHOP,
        "shopify_webhook_url": f"{base_url}/webhooks/shopify",
        "shopify_webhook_secret": example.shopify_webhook_secret,
        "generic_webhook_url": f"{base_url}/webhooks/generic/{SHOP}",
        "generic_webhook_secret": example.generic_webhook_secret,
        "admin_url": f"{base_url}/admin/",
        "admin_user": example.admin,
        "admin_password": example.admin_password,
        "staff_user": example.staff_user,
        "staff_password": example.staff_password,
    }


def _welcome(entries: dict[str, str], example: Example) -> str:
    query = json.dumps({"query": QUERY % f"{IRI}{example.grant}"})
    return f"""
The buyer's page      {entries["page_url"]}
The merchant's admin  {entries["admin_url"]}
                      user {entries["admin_user"]}, password {entries["admin_password"]}
{f"… for {SHOP} alone":22}user {entries["staff_user"]}, password {entries["staff_password"]}
GraphiQL, signed in   {entries["graphiql_url"]}
A customer's sign-in  {entries["customer_email"]}, password {entries["customer_password"]}

Face A, for a storefront with an order-status token:

curl "{entries["rest_url"]}"

Face B, for a storefront client with a signed-in customer:

curl -X POST "{entries["graphql_url"]}" \\
  -H "X-STOREFRONT-KEY: {entries["storefront_key"]}" \\
  -H "Authorization: Bearer {entries["customer_token"]}" \\
  -H "Content-Type: application/json" \\
  -d '{query}'

The same in REST, and a bearer that a shop's own server asks for:

curl "{entries["rest_products_url"]}" \\
  -H "X-STOREFRONT-KEY: {entries["storefront_key"]}" \\
  -H "Authorization: Bearer {entries["customer_token"]}"
curl -X POST "{entries["token_exchange_url"]}" \\
  -H "Authorization: Bearer {entries["secret_api_key"]}" \\
  -H "Content-Type: application/json" -d '{{"email": "{entries["customer_email"]}"}}'

{_messages(entries)}
"""


def _messages(entries: dict[str, str]) -> str:
    # Of today, whenever that is: no mail tells of an old order.
    of_shopify, of_own = (
        MOMENT.sub("'$(date -u +%FT%TZ)'", path.read_text(encoding="utf-8").rstrip())
        for path in (PAID_MESSAGE, GENERIC_MESSAGE)
    )
    return f"""\
A message of the shop, as Shopify signs it; its order can be read a moment later:

body='{of_shopify}'
curl -X POST "{entries["shopify_webhook_url"]}" \\
  -H "X-Shopify-Topic: orders/paid" -H "X-Shopify-Shop-Domain: {entries["shop_domain"]}" \\
  -H "X-Shopify-Webhook-Id: example-1" -H "Content-Type: application/json" \\
  -H "X-Shopify-Hmac-Sha256: $(printf %s "$body" | openssl dgst -sha256 -binary \
-hmac {entries["shopify_webhook_secret"]} | base64)" \\
  -d "$body"

The same of a shop of your own, which signs as Standard Webhooks says:

body='{of_own}'
secret='{entries["generic_webhook_secret"]}'
key=$(printf %s "${{secret#whsec_}}" | openssl base64 -d -A | od -An -v -tx1 | tr -d ' \\n')
now=$(date +%s)
curl -X POST "{entries["generic_webhook_url"]}" \\
  -H "webhook-id: example-2" -H "webhook-timestamp: $now" -H "Content-Type: application/json" \\
  -H "webhook-signature: v1,$(printf %s "example-2.$now.$body" | openssl dgst -sha256 -binary \
-mac HMAC -macopt hexkey:$key | base64)" \\
  -d "$body"\
"""


def _require_free_port(port: int) -> None:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError as error:
            raise CommandError(
                f"Port {port} cannot be used ({error.strerror}). "
                f"Stop what runs there, or choose another: --port {port % 65_535 + 1}"
            ) from None


def _serve(port: int, entries: dict[str, str]) -> None:
    os.chdir(settings.BASE_DIR)
    headers = {
        "X-STOREFRONT-KEY": entries["storefront_key"],
        "Authorization": f"Bearer {entries['customer_token']}",
    }
    environment = os.environ | {
        "PUBLIC_BASE_URL": entries["base_url"],
        "GRAPHIQL": "true",
        "GRAPHIQL_HEADERS": json.dumps(headers),
    }
    _start_worker(environment)
    command = [sys.executable, "-m", "gunicorn", "config.wsgi", "--bind", f"{HOST}:{port}"]
    # One process, so that its counts of who asks too often are exact without a shared cache.
    command += ["--workers", "1", "--threads", "32", "--log-level", "warning"]
    command += ["--control-socket", str(settings.DATA_DIR / "gunicorn.ctl")]
    # The server takes this process's place, so that Ctrl-C reaches it and nothing stays behind.
    os.execve(sys.executable, command, environment)  # noqa: S606


def _start_worker(environment: dict[str, str]) -> None:
    # The server's processes hold the other end of this pipe. When the last of them is gone,
    # however it went, the worker reads the end of its input and stops.
    ours, theirs = os.pipe()
    os.set_inheritable(theirs, True)
    command = [sys.executable, "manage.py", "worker", "--interval", "0.5", "--until-input-ends"]
    subprocess.Popen(command, env=environment, stdin=ours)  # noqa: S603 (our own command)
    os.close(ours)
