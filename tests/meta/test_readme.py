"""What README and the documents say is what the code does."""

import json
import re
from io import StringIO
from pathlib import Path

import pytest
from django.conf import settings
from django.core.management import call_command

from config.table import TABLE
from storefront.docs.manual import FOLDER
from storefront.platforms.generic.messages import TOPICS
from storefront.platforms.schemas import stored_fields

ROOT = Path(settings.BASE_DIR)
README = (ROOT / "README.md").read_text(encoding="utf-8")
DOCS = {path.stem: path.read_text(encoding="utf-8") for path in FOLDER.glob("*.md")}
WEBHOOKS = DOCS["webhooks"]
ALL = "\n".join([README, *DOCS.values()])


def test_the_example_environment_sets_only_what_is_read():
    example = (ROOT / ".env.example").read_text(encoding="utf-8")
    composed = set(re.findall(r"\$\{([A-Z_]+)", (ROOT / "compose.yaml").read_text("utf-8")))
    named = set(re.findall(r"^([A-Z_]+)=", example, re.MULTILINE))
    assert composed == {"POSTGRES_PASSWORD"}
    assert composed <= named <= TABLE.keys() | composed


@pytest.mark.django_db(transaction=True, reset_sequences=True, serialized_rollback=True)
def test_the_curl_lines_are_the_ones_the_demo_prints():
    printed = StringIO()
    call_command("demo", no_serve=True, stdout=printed)
    commands = re.findall(r"^curl (?:.*\\\n)*.*$", printed.getvalue(), re.MULTILINE)
    assert len(commands) == 6
    assert [command in ALL for command in commands] == [True] * 6
    assert [command in README for command in commands[:2]] == [True] * 2
    messages = re.findall(r"^body='(?:.*\n)+?(?=curl|secret=)", printed.getvalue(), re.MULTILINE)
    assert [message in WEBHOOKS for message in messages] == [True] * 2
    [signing] = re.findall(r"^secret='.*\n(?:.*\n)+?curl ", printed.getvalue(), re.MULTILINE)
    assert signing in WEBHOOKS


@pytest.mark.django_db(transaction=True, reset_sequences=True, serialized_rollback=True)
def test_the_answer_of_face_a_is_as_printed(client):
    call_command("demo", no_serve=True, stdout=StringIO())
    address = re.search(r'curl "(.*?customer-account-orders.*?)"', README)[1]
    order = client.get(address).json()["order"]
    assert f'{{"order": {{"order_number": {order["order_number"]},' in README
    assert f'"text": {json.dumps(order["text"])}' in README
    [printed] = re.findall(r'^    (\{"product".*?\}),\n    …', README, re.MULTILINE | re.DOTALL)
    lines = [order["lines"][0], json.loads(printed)]
    for line in lines:
        del line["product"]["id"], line["assets"][0]["data"]["id"]
    assert json.dumps(lines[0]) == json.dumps(lines[1])


@pytest.mark.django_db(transaction=True, reset_sequences=True, serialized_rollback=True)
def test_the_answer_of_face_b_is_as_printed(client):
    call_command("demo", no_serve=True, stdout=StringIO())
    header = dict(re.findall(r'-H "([\w-]+): (.*?)"', README))
    query = re.search(r"-d '(.*)'", README)[1]
    answer = client.post(
        "/api/graphql", query, content_type="application/json", headers=header
    ).json()
    [printed] = re.findall(r'^{"data".*?^  "createdAt.*?$', README, re.MULTILINE | re.DOTALL)
    expected = json.loads(printed)["data"]["customerDownloadableProduct"]
    got = answer["data"]["customerDownloadableProduct"]
    assert got | {"createdAt": None} == expected | {"createdAt": None}


def test_the_readme_is_short_enough_to_be_read():
    assert len(README.splitlines()) <= 160


def test_the_licence_is_the_one_that_is_named():
    assert (ROOT / "LICENSE").read_text(encoding="utf-8").startswith("MIT License\n")
    assert '\nlicense = "MIT"\n' in (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    assert "MIT licence" in README


# --- A shop of your own ------------------------------------------------------------------------

OWN = WEBHOOKS.partition("## A shop of your own")[2].partition("\n## ")[0]


def documented(heading):
    """Return the fields that a table of the section names, by the heading of its first column."""
    table = OWN.partition(f"| {heading} | Kind |")[2].partition("\n\n")[0]
    cells = re.findall(r"^\| (.*?) \|", table, re.MULTILINE)
    return {name for cell in cells for name in re.findall(r"`([a-z_.\[\]]+)`", cell)}


def read(fields, path=""):
    """Return the path of each field, as the table writes them."""
    for name, inner in fields.items():
        yield path + name
        yield from read(inner or {}, f"{path}{name}[]." if name[-1] == "s" else f"{path}{name}.")


def test_the_tables_name_every_field_of_an_order_and_no_other():
    order = TOPICS["order.paid"].schema
    stored, person = (stored_fields(order, personal=personal) for personal in (False, True))
    # A token is stored as its hash.
    fields = {*read(stored), *read(person), "token"} - {"token_sha256"}
    assert documented("Order") == fields
    # A refund says whose it is where it stands alone.
    refund = stored_fields(TOPICS["refund.created"].schema, personal=False)
    assert set(refund) == {*stored["refunds"], "order_id"}


def test_the_tables_name_every_field_of_a_product_and_no_other():
    assert documented("Product") == {
        *read(stored_fields(TOPICS["product.updated"].schema, personal=False))
    }


def test_every_type_is_named_with_what_it_does():
    table = OWN.partition("| `type` |")[2].partition("\n\n")[0]
    cells = re.findall(r"^\| (.*?) \|", table, re.MULTILINE)
    assert {name for cell in cells for name in re.findall(r"`([a-z.]+)`", cell)} == set(TOPICS)
