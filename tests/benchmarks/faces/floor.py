"""The floor: a bare WSGI callable that answers as our faces do, with one prepared statement each.

What no framework can do faster on this database and server, so that figures of other machines and
other days can be compared. It knows nothing of who else may ask, limits nobody and reads no header
that it need not: no face could be written so. `GET` of a token, `POST` of the document's own query
of face B, a click, a webhook.
"""

import base64
import hmac
import json
import os
import re
import secrets
import sqlite3
import threading
import time
from hashlib import sha256
from typing import Any
from urllib.parse import parse_qs
from uuid import UUID

import psycopg

from storefront.formats import size_text
from tests.benchmarks.faces import floor_sql
from tests.benchmarks.faces.known import WEBHOOK_SECRET

# The server's own configuration reads the product's settings.
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
BASE = os.environ["PUBLIC_BASE_URL"]
SIGNING = sha256(b"storefront.clicksigner" + os.environ["SECRET_KEY"].encode()).digest()
NUMBER = re.compile(rb"customer-downloadable-products/([0-9]{1,18})")
JSON = [("Content-Type", "application/json")]
VALID_SECONDS = 86_400


class PostgreSQL(threading.local):
    """A connection for each thread; the server keeps its statements prepared."""

    def __init__(self) -> None:
        self.connection = psycopg.connect(os.environ["DATABASE_URL"], autocommit=True)

    def rows(self, statement: str, *values: Any) -> list[tuple]:
        return self.connection.execute(statement, values, prepare=True).fetchall()

    def click(self, grant: int, nonce: str) -> list[tuple]:
        return self.rows(floor_sql.CLICK, grant, nonce)

    def store(self, *values: Any) -> None:
        self.connection.execute(floor_sql.MESSAGE, values, prepare=True)


class SQLite(threading.local):
    """A connection for each thread, as the product opens it."""

    def __init__(self) -> None:
        name = os.path.join(os.environ["DATA_DIR"], "db.sqlite3")
        self.connection = sqlite3.connect(name, timeout=20, isolation_level=None)

    def rows(self, statement: str, *values: Any) -> list[tuple]:
        return self.connection.execute(statement.replace("%s", "?"), values).fetchall()

    def click(self, grant: int, nonce: str) -> list[tuple]:
        self.rows("BEGIN IMMEDIATE")
        [(grant, asset)] = self.rows(floor_sql.SPENT, grant)
        [(delivery,)] = self.rows(floor_sql.DELIVERY_ALONE, grant, nonce)
        self.rows(floor_sql.EVENT_ALONE, grant, delivery)
        found = self.rows(floor_sql.LINK, asset)
        self.rows("COMMIT")
        return found

    def store(self, *values: Any) -> None:
        self.rows(floor_sql.MESSAGE, *values)


database = PostgreSQL() if "DATABASE_URL" in os.environ else SQLite()


def application(environ: dict, start_response: Any) -> list[bytes]:
    """Answer one request."""
    path = environ["PATH_INFO"]
    if path.startswith("/api/v2/"):
        return _answer(start_response, order_of(parse_qs(environ["QUERY_STRING"])["id"][0]))
    if path == "/api/graphql":
        return _answer(start_response, {"data": grant_of(environ)})
    if path.startswith("/downloads/"):
        start_response("302 Found", [("Location", click(path)), ("Content-Length", "0")])
        return [b""]
    if path.startswith("/webhooks/"):
        store(environ)
        return _answer(start_response, {"message": "Received."})
    return _answer(start_response, {})


def _answer(start_response: Any, answer: dict) -> list[bytes]:
    body = json.dumps(answer, separators=(",", ":")).encode()
    start_response("200 OK", [*JSON, ("Content-Length", str(len(body)))])
    return [body]


def _hash(text: str) -> str:
    return sha256(text.encode()).hexdigest()


def _uuid(value: Any) -> str:
    # SQLite has it as text.
    return str(value if isinstance(value, UUID) else UUID(value))


def sign(text: str) -> str:
    """Return the signature of a click."""
    digest = hmac.digest(SIGNING, text.encode(), "sha256")
    return base64.urlsafe_b64encode(digest).strip(b"=").decode()


def address(grant: int, file_name: str, *, end: int) -> str:
    """Return the signed path of a fresh click."""
    text = f"{grant}/{end}/{secrets.token_urlsafe(16)}"
    return "/".join(filter(None, ("/downloads", text, sign(text), file_name)))


def order_of(token: str) -> dict:
    """Return face A's answer."""
    rows = database.rows(floor_sql.ORDER, _hash(token))
    number, title, text = rows[0][:3]
    lines: dict[int, dict] = {}
    own: list[dict] = []
    end = int(time.time()) + VALID_SECONDS
    for row in rows:
        assets = own
        if row[3] is not None:
            if row[3] not in lines:
                lines[row[3]] = {"product": _product(row), "assets": []}
            assets = lines[row[3]]["assets"]
        if row[12] is not None:
            assets.append(_asset(row, end))
    answer = {"order_number": number, "lines": list(lines.values()), "assets": own}
    return {"order": answer | {"text": {"title": title, "text": text or None}}}


def _product(row: tuple) -> dict:
    key, name, variant, sku, product, variant_number, vendor, tags = row[4:12]
    return {
        "id": _uuid(key),
        "name": name,
        "variant_name": variant,
        "sku": sku,
        "product_id": product,
        "variant_id": variant_number,
        "vendor": vendor,
        "tags": json.loads(tags) if isinstance(tags, str) else tags,
    }


def _asset(row: tuple, end: int) -> dict:
    grant, used, bought, canceled, key, title, size, link, file_name, is_available = row[12:22]
    url = link or BASE + address(grant, file_name, end=end)
    return {
        "limits": {"downloaded": used, "limit": None if bought is None else bought - canceled},
        "data": {
            "id": _uuid(key),
            "filename": title,
            "size": size_text(size),
            "is_file": not link,
            "is_link": bool(link),
            "url": url if is_available else None,
        },
    }


def grant_of(environ: dict) -> dict:
    """Return face B's answer to the document's own query."""
    body = environ["wsgi.input"].read(int(environ["CONTENT_LENGTH"]))
    number, secret = environ["HTTP_AUTHORIZATION"].removeprefix("Bearer ").split("|")
    grant = int(NUMBER.search(body)[1])  # type: ignore[index]
    key = environ["HTTP_X_STOREFRONT_KEY"]
    [row] = database.rows(floor_sql.GRANT, int(number), _hash(secret), grant, _hash(key))
    grant, product, name, file_name, link, bought, used, canceled, created, is_available = row
    answer = {
        "_id": grant,
        "productName": product or name,
        "name": name,
        "fileName": file_name or None,
        "type": "url" if link else "file",
        "downloadBought": bought or 0,
        "downloadUsed": used,
        "status": "available" if is_available else "expired",
        "remainingDownloads": None if bought is None else max(0, bought - used - canceled),
        "createdAt": _moment(created),
    }
    return {"customerDownloadableProduct": answer}


def _moment(created: Any) -> str:
    if isinstance(created, str):
        return created[:19].replace(" ", "T") + "+00:00"
    return created.replace(microsecond=0).isoformat()


def click(path: str) -> str:
    """Count a click on a link; return where it leads."""
    number, end, nonce, signature = path.removeprefix("/downloads/").split("/")[:4]
    if not hmac.compare_digest(signature, sign(f"{number}/{end}/{nonce}")):
        raise ValueError(path)
    if int(end) < time.time():
        raise ValueError(end)
    [(link,)] = database.click(int(number), nonce)
    return link


def store(environ: dict) -> None:
    """Verify a message of a shop, and insert its row."""
    body = environ["wsgi.input"].read(int(environ["CONTENT_LENGTH"]))
    digest = base64.b64encode(hmac.digest(WEBHOOK_SECRET.encode(), body, "sha256")).decode()
    if not hmac.compare_digest(digest, environ["HTTP_X_SHOPIFY_HMAC_SHA256"]):
        raise ValueError(digest)
    names = ("TOPIC", "WEBHOOK_ID", "SHOP_DOMAIN")
    topic, number, domain = (environ[f"HTTP_X_SHOPIFY_{name}"] for name in names)
    json.loads(body)
    database.store(topic, number, body.decode(), domain)
