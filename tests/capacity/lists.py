"""Time each list, filter, order and search of the admin: a question inside an environment."""

import re
import statistics
import time
from collections.abc import Iterator
from typing import Any

from django.contrib import admin
from django.contrib.auth.models import User
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext, setup_test_environment
from django.urls import reverse

from downloads.models import Customer, DownloadEvent, Grant, Mail, Message, Order
from tests.capacity.seed import BOSS, OWNER, QUIET_OWNER

# What is quick at once is asked once; of what is not, the median of so many counts.
TIMES, QUICK_SECONDS = 3, 0.4
FILTERED = (Order, Grant, DownloadEvent, Mail, Message, Customer)
# What fits all, many, few, one and nothing; and less than an entry of the index.
TEXTS = (
    *("example.com", "ada", "buyer-77", "Number4711", "buyer-4711@example.com", "#1500"),
    *("WEB-7007", "my new book", "my-new-book-5.pdf", "zqxzqx", "bu", "a", "Grace book"),
)
Asked = tuple[str, str, str]


def measure() -> list[dict[str, Any]]:
    """Ask everything some times; return what each took and how many queries."""
    # So that an answer tells what its page was made from.
    setup_test_environment(debug=False)
    rows = []
    for name in (BOSS, OWNER, QUIET_OWNER):
        client = Client(SERVER_NAME="localhost")
        client.force_login(User.objects.get(username=name))
        client.get(reverse("admin:index"))
        for what, method, url in _questions(client, is_all=name == BOSS):
            rows.append({"who": name, "what": what} | _timed(client, method, url))
    return rows


def _questions(client: Client, *, is_all: bool) -> Iterator[Asked]:
    yield "start page", "get", reverse("admin:index")
    for model in admin.site._registry:
        url = changelist(model)
        page = client.get(url)
        if page.status_code != 200:
            continue
        name = str(model._meta.verbose_name_plural)
        yield f"{name}: list", "get", url
        changes = page.context["cl"]
        if model in FILTERED and is_all:
            yield from _ways(name, url, changes)
        if changes.search_fields:
            texts = TEXTS if model in FILTERED and is_all else TEXTS[:1]
            for text in texts:
                yield f"{name}: search “{text}”", "get", f"{url}?q={text.replace('#', '%23')}"
    for text in TEXTS:
        yield f"search everywhere “{text}”", "post", text


def _ways(name: str, url: str, changes: Any) -> Iterator[Asked]:
    last = changes.paginator.num_pages
    if last > 1:
        yield f"{name}: last page", "get", f"{url}?p={last}"
    for column in range(1, len(changes.list_display)):
        yield f"{name}: sorted by column {column}", "get", f"{url}?o={column}"
    for each in changes.filter_specs:
        for choice in list(each.choices(changes))[1:6]:
            words = re.sub(r"\s+", " ", str(choice["display"]))
            yield f"{name}: {each.title}: {words}", "get", url + choice["query_string"]


def _timed(client: Client, method: str, url: str) -> dict[str, Any]:
    seconds: list[float] = []
    while len(seconds) < (TIMES if seconds and seconds[0] > QUICK_SECONDS else 1):
        with CaptureQueriesContext(connection) as asked:
            began = time.monotonic()
            status = _ask(client, method, url)
            seconds.append(time.monotonic() - began)
    slowest = max(asked, key=lambda each: float(each["time"]), default={"sql": ""})
    return {
        "seconds": round(statistics.median(seconds), 3),
        "queries": len(asked),
        "status": status,
        "slowest": slowest["sql"][:1500],
    }


def _ask(client: Client, method: str, url: str) -> int:
    if method == "get":
        return client.get(url, follow=True).status_code
    return client.post(reverse("admin:search"), {"q": url}, follow=True).status_code


def changelist(model: Any) -> str:
    """Return the address of a model's list."""
    opts = model._meta
    return reverse(f"admin:{opts.app_label}_{opts.model_name}_changelist")
