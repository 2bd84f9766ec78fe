"""Data retention: each table that grows, and how long its rows are kept.

The one place that says so, with `kept_tables` for the tables that keep all rows. A test holds both
to the registry of models, and the page on operations to them.
"""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.contrib.admin.models import LogEntry
from django.contrib.sessions.models import Session
from django.db.models import Q, QuerySet
from django_tasks_db.models import DBTaskResult

from downloads import fulfilment
from downloads.models import (
    Account,
    AttachmentTable,
    DataRequest,
    Delivery,
    DownloadEvent,
    Heartbeat,
    Invitation,
    KeptUpload,
    LinkRequest,
    Mail,
    Message,
)
from storefront.imports.background import forget_imports
from storefront.management.kept_while import Retention
from storefront.models import (
    CountedTries,
    CustomerToken,
    OrderImport,
    PasswordRequest,
    SecretKey,
    StaffSession,
    StorefrontKey,
    WebhookSecret,
)

# A task that was begun and never ended was cut off with its worker: none takes so long.
LONGEST_TASK = timedelta(days=30)


def _tasks(at: datetime) -> QuerySet[DBTaskResult]:
    ended = at - timedelta(days=settings.TASK_RETENTION_DAYS)
    tasks = DBTaskResult.objects.all()
    is_done = Q(pk__in=tasks.finished().filter(finished_at__lte=ended).values("pk"))
    is_cut_off = Q(pk__in=tasks.running().filter(started_at__lte=at - LONGEST_TASK).values("pk"))
    return tasks.filter(is_done | is_cut_off)


def _admin_log(at: datetime) -> QuerySet[LogEntry]:
    end = at - timedelta(days=settings.ADMIN_LOG_DAYS)
    return LogEntry.objects.filter(action_time__lt=end)


def _forget_accounts(*, at: datetime, at_most: int) -> int:
    return fulfilment.forget_accounts(Account.objects.past_retention(at), at_most=at_most)


def _past(model: Any) -> Callable[[datetime], QuerySet]:
    return lambda at: model.objects.past_retention(at)


RETENTIONS = (
    Retention(
        "deliveries",
        Delivery,
        "closes_at",
        "`DELIVERY_RETENTION_DAYS` after its window and its address have both ended",
        _past(Delivery),
        forget=lambda at, at_most: fulfilment.forget_deliveries(at=at, at_most=at_most),
    ),
    Retention(
        "the ledger",
        DownloadEvent,
        "at",
        "`LEDGER_RETENTION_DAYS` after its line was written; a sum for each download stays",
        _past(DownloadEvent),
        forget=lambda at, at_most: fulfilment.prune_ledger(at=at, at_most=at_most),
    ),
    Retention(
        "messages",
        Message,
        "received_at",
        "`MESSAGE_RETENTION_DAYS` after it came, if it needs nothing more; one set aside stays",
        _past(Message),
    ),
    Retention(
        "mails",
        Mail,
        "due_at",
        "`MAIL_RETENTION_DAYS` after it was sent, if it needs nothing more",
        _past(Mail),
    ),
    Retention(
        "requests for links",
        LinkRequest,
        "asked_at",
        "once answered, or `MAIL_GIVE_UP_HOURS` after it was made",
        _past(LinkRequest),
    ),
    Retention(
        "accounts",
        Account,
        "created_at",
        "`UNCONFIRMED_ACCOUNT_DAYS` after it was made, if nobody confirmed its address",
        _past(Account),
        forget=_forget_accounts,
    ),
    Retention(
        "customer tokens",
        CustomerToken,
        "created_at",
        "`ENDED_TOKEN_DAYS` after its end, by its time or revoked",
        _past(CustomerToken),
        also=("storefront.TokenExchange",),
    ),
    Retention(
        "storefront keys",
        StorefrontKey,
        "created_at",
        "`ENDED_KEY_DAYS` after its end, by its time or revoked",
        _past(StorefrontKey),
    ),
    Retention(
        "secret keys",
        SecretKey,
        "created_at",
        "`ENDED_KEY_DAYS` after its end, by its time or revoked",
        _past(SecretKey),
    ),
    Retention(
        "webhook secrets",
        WebhookSecret,
        "created_at",
        "`ENDED_KEY_DAYS` after its end, by its time or revoked",
        _past(WebhookSecret),
    ),
    Retention(
        "invitations",
        Invitation,
        "created_at",
        "`INVITATION_RETENTION_DAYS` after it was accepted or has lapsed",
        _past(Invitation),
    ),
    Retention(
        "data requests",
        DataRequest,
        "answered_at",
        "`DATA_REQUEST_RETENTION_DAYS` after it was answered",
        _past(DataRequest),
    ),
    Retention(
        "kept uploads",
        KeptUpload,
        "kept_at",
        "`KEPT_UPLOAD_HOURS` after its form was refused, with its file",
        _past(KeptUpload),
        forget=lambda at, at_most: fulfilment.forget_kept_uploads(at=at, at_most=at_most),
    ),
    Retention(
        "imports of orders",
        OrderImport,
        "created_at",
        "`IMPORT_RETENTION_DAYS` after its upload, with its file and that of the refused rows",
        _past(OrderImport),
        forget=lambda at, at_most: forget_imports(at=at, at_most=at_most),
    ),
    Retention(
        "tables to attach by",
        AttachmentTable,
        "created_at",
        "`IMPORT_RETENTION_DAYS` after its upload, with its rows",
        _past(AttachmentTable),
        also=("downloads.AttachmentTableRow",),
        forget=lambda at, at_most: fulfilment.rules.forget_tables(at=at, at_most=at_most),
    ),
    Retention(
        "sessions",
        StaffSession,
        "expire_date",
        "at its end, by `STAFF_SESSION_HOURS`",
        lambda at: StaffSession.objects.filter(expire_date__lte=at),
    ),
    Retention(
        "sessions of earlier versions",
        Session,
        "expire_date",
        "at its end; none is made any more",
        lambda at: Session.objects.filter(expire_date__lte=at),
    ),
    Retention(
        "counted tries",
        CountedTries,
        "ends_at",
        "at its end: of its lock (`STAFF_LOCK_SECONDS`), its turn or its mail "
        "(`STAFF_ALARM_SECONDS`)",
        lambda at: CountedTries.objects.ended(at),
    ),
    Retention(
        "requests for a password of staff",
        PasswordRequest,
        "asked_at",
        "once answered, or `MAIL_GIVE_UP_HOURS` after it was made",
        _past(PasswordRequest),
    ),
    Retention(
        "tasks",
        DBTaskResult,
        "enqueued_at",
        "`TASK_RETENTION_DAYS` after it was done; after 30 days if its worker died over it",
        _tasks,
    ),
    Retention(
        "the admin's log",
        LogEntry,
        "action_time",
        "`ADMIN_LOG_DAYS` after the act",
        _admin_log,
    ),
    Retention(
        "heartbeats",
        Heartbeat,
        "seen_at",
        "a day after its process was last seen; the newest of all stays",
        _past(Heartbeat),
    ),
)
