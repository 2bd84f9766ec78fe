"""`manage.py create_shop`: a merchant begins without a superuser."""

import getpass
import json
import re
from io import StringIO

import pytest
from django.contrib.auth.models import User
from django.core.management import CommandError, call_command
from django.db import IntegrityError
from django.test import Client

from downloads.models import AuditEntry, Invitation, Mail, Membership, Shop
from storefront.mail.messages import compose
from tests.factories import NOW, ShopFactory
from tests.racing import at_once

DOMAIN, MAIL = "my-store.example", "ada@example.com"
PASSWORD = "seventeen blue horses"


@pytest.fixture(autouse=True)
def _clock_stands_still(frozen):
    frozen(NOW)


def run(*given, domain=DOMAIN, owner=MAIL):
    out = StringIO()
    call_command("create_shop", domain, "--owner", owner, *given, stdout=out)
    return out.getvalue()


def everything():
    tables = (Shop, Invitation, Membership, User, AuditEntry)
    return [list(table.objects.order_by("pk").values()) for table in tables]


def link_in(printed):
    return re.match(r"http://localhost:8000(/invitations/\S+)\n", printed)[1]


def test_its_owner_signs_in_and_sees_the_shop_alone(db):
    ShopFactory(name="Another")
    path = link_in(run("--name", "My store", "--plan", "growth"))
    client = Client()
    assert client.post(path, {"password": PASSWORD, "again": PASSWORD}).status_code == 200
    entered = {"username": MAIL, "password": PASSWORD}
    assert client.post("/admin/login/?next=/admin/", entered)["Location"] == "/admin/"
    rows = client.get("/admin/downloads/shop/").context["cl"].queryset
    assert [(shop.name, shop.domain, shop.plan_id) for shop in rows] == [
        ("My store", DOMAIN, "growth")
    ]
    assert Membership.objects.get().role == "owner"


def test_what_is_printed_says_what_to_do(db):
    assert run().partition("\n")[2] == (
        f"Send this link to {MAIL} and to nobody else: whoever opens it owns {DOMAIN}. It can be "
        "used once, until 2026-03-08 12:00 UTC, and is not shown again.\n"
    )
    shop = Shop.objects.get()
    assert (shop.name, shop.plan_id) == (DOMAIN, "premium")


def test_programs_read_one_object(db):
    printed = run("--json")
    told = json.loads(printed)
    assert printed.count("\n") == 1
    assert list(told) == ["shop", "owner", "invitation_url", "expires_at"]
    assert (told["shop"], told["owner"]) == (DOMAIN, MAIL)
    assert told["expires_at"] == "2026-03-08T12:00:00+00:00"
    assert Client().get(told["invitation_url"]).status_code == 200


def test_the_audit_trail_says_who_sat_at_the_machine(db):
    run()
    entries = AuditEntry.objects.order_by("pk")
    assert [entry.what for entry in entries] == ["Added", "Invited"]
    assert {entry.actor for entry in entries} == {f"command line: {getpass.getuser()}"}
    assert {entry.shop_id for entry in entries} == {Shop.objects.get().pk}


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"domain": "My Store"}, "DOMAIN: Enter the domain alone, in lower case"),
        ({"domain": ""}, "DOMAIN: This field cannot be blank."),
        ({"domain": "a" * 254}, "DOMAIN: Ensure this value has at most 253 characters"),
        ({"domain": "taken.example"}, "There is a shop taken.example already."),
        ({"owner": "ada"}, "--owner: Enter a mail address"),
        (
            {"plan": "gold"},
            "--plan: there is no plan 'gold'. There are: basic, free, growth, premium.",
        ),
        ({"name": "n" * 201}, "--name: Ensure this value has at most 200 characters"),
    ],
)
def test_what_is_wrong_is_told_and_nothing_is_written(db, given, words):
    ShopFactory(domain="taken.example")
    before = everything()
    options = [f"--{name}={given.pop(name)}" for name in ("plan", "name") if name in given]
    with pytest.raises(CommandError) as refused:
        run(*options, **given)
    assert str(refused.value).startswith(words)
    assert everything() == before


def test_a_shop_that_cannot_be_written_is_not_told_as_taken(db, monkeypatch):
    def fail(*_given, **_named):
        raise IntegrityError("what a trigger of the database says")

    monkeypatch.setattr(Shop, "save", fail)
    with pytest.raises(IntegrityError):
        run()


def test_a_second_time_it_says_how_to_invite_an_owner(db):
    run()
    before = everything()
    with pytest.raises(CommandError) as refused:
        run()
    command = f"manage.py create_shop {DOMAIN} --owner {MAIL} --invite-again"
    assert str(refused.value) == (
        f"There is a shop {DOMAIN} already. To invite an owner to it: {command}"
    )
    assert everything() == before


@pytest.mark.parametrize("owner", [MAIL, "grace@example.com"])
def test_inviting_again_ends_the_earlier_link(db, owner):
    earlier = link_in(run())
    later = link_in(run("--invite-again", owner=owner))
    assert Client().get(earlier).status_code == 404
    assert Client().get(later).status_code == 200
    assert Invitation.objects.values_list("email", "role").get() == (owner, "owner")
    assert Shop.objects.count() == 1


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ([], f"There is no shop {DOMAIN}. Leave --invite-again out to make it."),
        (["--name", "x"], "--name, --plan and --support are for a new shop: leave them out."),
        (["--plan", "free"], "--name, --plan and --support are for a new shop: leave them out."),
    ],
)
def test_inviting_again_is_for_a_shop_there_is(db, given, words):
    with pytest.raises(CommandError) as refused:
        run("--invite-again", *given)
    assert str(refused.value) == words
    assert everything() == [[], [], [], [], []]


@pytest.mark.django_db(transaction=True, serialized_rollback=True)
def test_two_at_once_make_one_shop():
    def make():
        try:
            return run()
        except CommandError as error:
            return str(error)

    printed = sorted(at_once(make, make))
    assert printed[0].startswith("There is a shop")
    assert Client().get(link_in(printed[1])).status_code == 200
    assert Shop.objects.count() == Invitation.objects.count() == 1


def test_the_link_is_mailed_where_it_is_wished(db):
    run()
    assert not Mail.objects.exists()
    path = link_in(run("--invite-again", "--mail"))
    mail = Mail.objects.get()
    assert (mail.kind, mail.email, mail.shop.domain) == (Mail.Kind.INVITATION, MAIL, DOMAIN)
    assert path.rpartition("/")[2] in compose(mail, at=NOW).body


def test_where_customers_get_help_is_taken_and_judged(db):
    run("--support", "https://my-store.example/help")
    assert Shop.objects.get().support == "https://my-store.example/help"
    with pytest.raises(CommandError, match="--support: Enter a mail address"):
        run("--support", "nowhere", domain="other.example")


def test_a_person_at_a_terminal_is_asked_where_and_a_program_is_not(db, monkeypatch):
    monkeypatch.setattr("sys.stdin.isatty", lambda: True, raising=False)
    monkeypatch.setattr("builtins.input", lambda words: " help@my-store.example ")
    run()
    assert Shop.objects.get().support == "help@my-store.example"
    run("--json", domain="other.example")
    assert Shop.objects.get(domain="other.example").support == ""
