"""Every table is declared: it has a retention, or keeps its rows for a reason; the docs say so."""

import re
from datetime import timedelta
from pathlib import Path

import pytest
from django.apps import apps
from django.conf import settings
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import User
from django.contrib.contenttypes.models import ContentType
from django.contrib.sessions.models import Session
from django.db import models
from django_tasks_db.models import DBTaskResult

from config.table import BOUNDS
from downloads.models import DataRequest, Delivery, Invitation, LinkRequest
from storefront.management.kept_tables import KEPT
from storefront.management.retention import RETENTIONS
from storefront.models import SecretKey, StorefrontKey, WebhookSecret
from tests.factories import NOW, DeliveryFactory, ShopFactory, make_file_grant
from tests.tidied import tidy

pytestmark = pytest.mark.django_db
DAY, HOUR, MOMENT = timedelta(days=1), timedelta(hours=1), timedelta(microseconds=1)
OPERATIONS = Path(settings.BASE_DIR) / "storefront" / "docs" / "operations.md"


def tables():
    return {each._meta.label for each in apps.get_models(include_auto_created=True)}


def undeclared(found):
    """Return the tables that are declared by nobody, and the declared ones that are none."""
    declared = [*(each.model._meta.label for each in RETENTIONS), *KEPT]
    declared += [label for each in RETENTIONS for label in each.also]
    assert len(declared) == len(set(declared))
    return found ^ set(declared)


def test_every_table_has_a_retention_or_a_reason_to_keep_its_rows():
    assert undeclared(tables()) == set()


def test_a_new_table_without_a_declaration_is_found():
    assert undeclared(tables() | {"downloads.Novelty"}) == {"downloads.Novelty"}


def test_what_goes_along_goes_by_its_foreign_key():
    for retention in RETENTIONS:
        for label in retention.also:
            keys = [
                field
                for field in apps.get_model(label)._meta.get_fields()
                if isinstance(field, models.ForeignKey) and field.related_model is retention.model
            ]
            assert [key.remote_field.on_delete for key in keys] == [models.CASCADE]


def test_the_page_on_operations_says_what_is_deleted_when():
    page = OPERATIONS.read_text(encoding="utf-8")
    section = page.split("## What is deleted when\n")[1].split("\n## ")[0]
    rows = re.findall(r"^\| (.*) \| `(.*)` \| (.*) \|$", section, re.MULTILINE)
    assert [row for row in rows if row[1] not in KEPT] == [
        (each.words, each.model._meta.label, each.goes) for each in RETENTIONS
    ]
    kept = re.findall(r"^\| `(.*)` \| (.*) \|$", section, re.MULTILINE)
    assert dict(kept) == KEPT


def test_every_setting_that_the_declarations_name_is_one_with_bounds():
    named = {name for each in RETENTIONS for name in re.findall(r"`([A-Z_]+)`", each.goes)}
    assert len(named) > 10
    assert named <= BOUNDS.keys()


@pytest.mark.parametrize("retention", RETENTIONS, ids=lambda each: each.words)
def test_each_can_be_counted_and_dated_where_nothing_is_past(retention):
    assert retention.forget_batch(at=NOW, at_most=10) == 0
    assert retention.past(NOW).order_by(retention.dated).first() is None


# --- Deliveries ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("facts", "days"),
    [
        ({}, 31 + 1),
        ({"valid_until": NOW}, 30),
        ({"valid_until": NOW + 90 * DAY}, 120),
        ({"valid_until": NOW, "closes_at": NOW + 9 * DAY}, 39),
        ({"valid_until": NOW, "streams": 1}, 30),
        ({"valid_until": NOW, "streams": 1, "closes_at": NOW + 9 * DAY}, 39),
    ],
)
def test_a_delivery_goes_so_long_after_its_window_and_its_address(settings, facts, days):
    settings.DELIVERY_RETENTION_DAYS = 30
    settings.DOWNLOAD_URL_SECONDS = 2 * 86_400
    DeliveryFactory(**{"opened_at": NOW, "closes_at": NOW} | facts)
    assert tidy(Delivery, at=NOW + days * DAY) == 0
    assert tidy(Delivery, at=NOW + days * DAY + MOMENT) == 1


def test_an_answer_that_seems_to_go_on_keeps_its_delivery_for_a_month(settings):
    settings.DELIVERY_RETENTION_DAYS = 1
    DeliveryFactory(opened_at=NOW, closes_at=NOW, valid_until=NOW, streams=1)
    assert tidy(Delivery, at=NOW + 30 * DAY) == 0
    assert tidy(Delivery, at=NOW + 30 * DAY + MOMENT) == 1


# --- Other tables --------------------------------------------------------------------------------


def test_a_task_goes_once_done_whatever_its_queue_or_its_worker(settings):
    settings.TASK_RETENTION_DAYS = 2
    facts = {"args_kwargs": {}, "run_after": NOW, "backend_name": "default", "traceback": ""}
    done = {"finished_at": NOW}
    for name, state in {
        "default": {"status": "SUCCESSFUL", **done},
        "platforms": {"status": "FAILED", **done},
        "cut off": {"status": "RUNNING", "started_at": NOW - 28 * DAY},
        "going on": {"status": "RUNNING", "started_at": NOW - 28 * DAY + HOUR},
        "waiting": {"status": "READY"},
    }.items():
        DBTaskResult.objects.create(queue_name=name, **facts, **state)
    assert tidy(DBTaskResult, at=NOW + 2 * DAY - MOMENT) == 0
    assert tidy(DBTaskResult, at=NOW + 2 * DAY) == 3
    left = set(DBTaskResult.objects.values_list("queue_name", flat=True))
    assert left == {"going on", "waiting"}


@pytest.mark.parametrize("model", [StorefrontKey, SecretKey, WebhookSecret])
def test_a_key_is_listed_for_a_while_after_its_end(settings, model):
    settings.ENDED_KEY_DAYS = 30
    shop = ShopFactory()
    rows = {}
    for name, end in {
        "by its time": {"expires_at": NOW},
        "revoked": {"revoked_at": NOW},
        "later": {"expires_at": NOW + DAY},
        "never": {},
    }.items():
        if model is WebhookSecret:
            row = WebhookSecret.keep(shop, source="shopify", secret=name * 9)
        else:
            row = model.issue(shop, name=name)[0]
        model.objects.filter(pk=row.pk).update(**end)
        rows[name] = row.pk
    assert tidy(model, at=NOW + 30 * DAY) == 0
    assert tidy(model, at=NOW + 30 * DAY + MOMENT) == 2
    assert set(model.objects.values_list("pk", flat=True)) == {rows["later"], rows["never"]}


def test_an_invitation_is_listed_for_a_while(settings):
    settings.INVITATION_RETENTION_DAYS = 7
    shop = ShopFactory()
    ends = {
        "lapsed": {"expires_at": NOW},
        "accepted": {"expires_at": NOW + 90 * DAY, "accepted_at": NOW},
        "open": {"expires_at": NOW + 90 * DAY},
    }
    for name, end in ends.items():
        Invitation.objects.create(
            shop=shop, email=f"{name}@example.com", role="support", token_hash=name, **end
        )
    assert tidy(Invitation, at=NOW + 7 * DAY) == 0
    assert tidy(Invitation, at=NOW + 7 * DAY + MOMENT) == 2
    assert Invitation.objects.get().token_hash == "open"


def test_a_data_request_goes_long_after_its_answer_and_never_without_one(settings):
    settings.DATA_REQUEST_RETENTION_DAYS = 30
    shop = ShopFactory()
    for number, answered_at in enumerate((None, NOW)):
        DataRequest.objects.create(
            shop=shop, platform_id=number, asked_at=NOW, answered_at=answered_at
        )
    assert tidy(DataRequest, at=NOW + 30 * DAY) == 0
    assert tidy(DataRequest, at=NOW + 3000 * DAY) == 1
    assert DataRequest.objects.get().answered_at is None


def test_a_request_for_links_that_nobody_answered_goes(settings):
    settings.MAIL_GIVE_UP_HOURS = 3
    LinkRequest.objects.create(email="ada@example.com", asked_at=NOW)
    assert tidy(LinkRequest, at=NOW + 3 * HOUR) == 0
    assert tidy(LinkRequest, at=NOW + 3 * HOUR + MOMENT) == 1


def test_the_admins_log_and_sessions_of_earlier_versions_go(settings):
    settings.ADMIN_LOG_DAYS = 30
    person = User.objects.create_user("ada")
    kind = ContentType.objects.get_for_model(User)
    LogEntry.objects.create(
        user=person, content_type=kind, action_flag=1, action_time=NOW, object_repr="ada"
    )
    Session.objects.create(session_key="a", session_data="", expire_date=NOW + 30 * DAY)
    assert tidy(LogEntry, Session, at=NOW + 30 * DAY - MOMENT) == 0
    assert tidy(LogEntry, Session, at=NOW + 30 * DAY + MOMENT) == 2


def test_what_was_never_judged_is_judged_before_it_goes():
    grant = make_file_grant()
    type(grant).objects.filter(pk=grant.pk).update(used=2)
    for nonce, sent_bytes in (("barely", 0), ("half", 500)):
        DeliveryFactory(
            grant=grant, nonce=nonce, size_bytes=1000, sent_bytes=sent_bytes, valid_until=NOW
        )
    assert tidy(Delivery, at=NOW + 400 * DAY) == 2
    grant.refresh_from_db()
    assert (grant.used, Delivery.objects.count()) == (1, 0)
