"""What the README says is what the code does."""

import json
import re
from io import StringIO
from pathlib import Path

import pytest
from django.conf import settings
from django.core.management import call_command

ROOT = Path(settings.BASE_DIR)
README = (ROOT / "README.md").read_text(encoding="utf-8")


def settings_read():
    source = (ROOT / "config" / "settings.py").read_text(encoding="utf-8")
    return set(re.findall(r'env\.\w+\(\s*"([A-Z_]+)"', source))


def test_the_table_names_every_setting_and_no_other():
    assert set(re.findall(r"^\| `([A-Z_]+)` \|", README, re.MULTILINE)) == settings_read()


def test_the_example_environment_sets_only_what_is_read():
    example = (ROOT / ".env.example").read_text(encoding="utf-8")
    assert set(re.findall(r"^([A-Z_]+)=", example, re.MULTILINE)) <= settings_read()


@pytest.mark.django_db(transaction=True, reset_sequences=True, serialized_rollback=True)
def test_the_curl_lines_are_the_ones_the_demo_prints():
    printed = StringIO()
    call_command("demo", no_serve=True, stdout=printed)
    commands = re.findall(r"^curl (?:.*\\\n)*.*$", printed.getvalue(), re.MULTILINE)
    assert len(commands) == 5
    assert [command in README for command in commands] == [True] * 5
    [message] = re.findall(r"^body='[^']*'$", printed.getvalue(), re.MULTILINE)
    assert message in README


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
