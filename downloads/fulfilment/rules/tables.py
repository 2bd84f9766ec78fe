"""Long tables of files to attach by SKU: judged in steps into rows, and written from those.

All or nothing is one statement, from the rows into the attachments: others see all or none of it,
a kill leaves none, and nothing is ever taken back. The good rows alone are written some at a time.
"""

import time
from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from datetime import datetime
from functools import partial
from typing import Any

from django.core.files.base import File
from django.db import connection, transaction
from django.db.models import BooleanField, DateTimeField, F, Min, Value
from django.db.models.query import QuerySet
from django.utils.translation import gettext_lazy

from downloads import room
from downloads.file_names import safe_file_name
from downloads.fulfilment.files import write_file
from downloads.fulfilment.recalculation import lock_shop
from downloads.fulfilment.rules.by_sku import REFUSED, Pair, SkuRow, enter_attached, judge_rows
from downloads.fulfilment.rules.resolution import BATCH
from downloads.models import Asset, Attachment, AttachmentTable, AttachmentTableRow, Shop

State = AttachmentTable.State
CHANGED_SINCE = gettext_lazy("Something changed since this was checked.")
# In the order of the INSERT; a row says whatever it says of the variant itself.
TERMS = ("limit", "lifetime_days", "inherits_limit", "inherits_lifetime")
COLUMNS = ("product_id", "asset_id", *TERMS, "is_left_out", "created_at")
FORGOTTEN_AT_ONCE = 10_000


def keep_table(
    shop: Shop, upload: File, *, person: Any, total: int, at: datetime
) -> AttachmentTable:
    """Store a file of about so many rows, to be judged.

    Raises:
        DiskFull: there is no room for it.
    """
    table = AttachmentTable(
        shop=shop,
        person=person,
        file_name=safe_file_name(upload.name or ""),
        size_bytes=upload.size,
        total=total,
        created_at=at,
        moved_at=at,
    )
    upload.seek(0)
    storage = table.file.storage
    room.require_disk(storage, room.bytes_to_write(storage, upload))
    name = table.file.field.generate_filename(table, table.file_name)
    table.file.name = write_file(storage, name, upload)
    try:
        table.save()
    except BaseException:
        storage.delete(table.file.name)
        raise
    return table


def judge_more(table: AttachmentTable, rows: Sequence[SkuRow], *, at: datetime) -> float | None:
    """Judge the next rows of a table and save what they come to; return for how long it wrote.

    Null where it was not its turn. Judged before the transaction that saves it: others may write
    meanwhile.
    """

    def lines_before(products: Collection[Any]) -> dict[Pair, int]:
        good = table.rows.exclude(outcome=REFUSED).filter(product__in=products).order_by()
        first = good.values("product", "asset").annotate(first=Min("line"))
        return {(row["product"], row["asset"]): row["first"] for row in first}

    made, counts = [], dict.fromkeys(AttachmentTable.COUNTED, 0)
    for verdict in judge_rows(table.shop, rows, before=lines_before):
        row, attachment = verdict.row, verdict.attachment
        counts[verdict.outcome] += 1
        known: dict[str, Any] = {}
        if attachment is not None:
            had_limit, had_days = verdict.before or (None, None)
            known = {name: getattr(attachment, name) for name in TERMS} | {
                "product_id": attachment.product_id,
                "asset_id": attachment.asset_id,
                "had": attachment.pk,
                "had_limit": had_limit,
                "had_lifetime_days": had_days,
            }
        made.append(
            AttachmentTableRow(
                table=table,
                line=row.line,
                sku=row.sku,
                file=row.file,
                texts=row.texts,
                outcome=verdict.outcome,
                reason=verdict.reason,
                **known,
            )
        )
    started = time.monotonic()
    with transaction.atomic():
        if not _is_at(table, state=State.CHECKING, read=table.read):
            return None
        AttachmentTableRow.objects.bulk_create(made)
        _go_on(table, at=at, read=len(made), **counts)
    return time.monotonic() - started


def write_more(table: AttachmentTable, *, at_most: int, at: datetime) -> bool:
    """Write the next good rows of a table; say whether it goes on.

    One of which something has changed since it was judged is refused now.
    """
    some = table.rows.to_write().filter(pk__gt=table.last_row).order_by("pk")
    keys = list(some.values_list("pk", flat=True)[:at_most])
    if not keys:
        return False
    with transaction.atomic():
        shop = lock_shop(table.shop)
        if not _is_at(table, state=State.WRITING, last_row=table.last_row):
            table.refresh_from_db()  # another one goes on with it, too
            return table.is_running
        rows = table.rows.filter(pk__in=keys)
        gone = set(keys) - set(rows.holding(shop).values_list("pk", flat=True))
        stale = rows.filter(pk__in=gone)
        lost = {name: -stale.filter(outcome=name).count() for name in ("new", "changed")}
        stale.update(outcome=REFUSED, reason=str(CHANGED_SINCE))
        good = rows.exclude(outcome=REFUSED)
        _enter(good)
        written = _attach(good, at=at)
        _go_on(table, at=at, written=written, refused=len(gone), **lost)
        AttachmentTable.objects.filter(pk=table.pk).update(last_row=keys[-1])
        table.last_row = keys[-1]
    return True


def write_all(table: AttachmentTable, *, at: datetime) -> bool:
    """Write all rows of a table in one statement; say whether they were as when it was judged."""
    rows = table.rows.to_write()
    with transaction.atomic():
        shop = lock_shop(table.shop)
        if not _is_at(table, state=State.WRITING, last_row=0):
            return True
        if rows.holding(shop).count() < table.to_write:
            return False
        written = _attach(rows, at=at)
        _enter(rows)
        _go_on(table, at=at, written=written)
        AttachmentTable.objects.filter(pk=table.pk).update(last_row=1)
    return True


def forget_file(table: AttachmentTable) -> None:
    """Delete the file of a table: its rows say all that is needed."""
    stored, name = table.file.storage, str(table.file.name)
    if name:
        AttachmentTable.objects.filter(pk=table.pk).update(file="")
        transaction.on_commit(partial(stored.delete, name))


def forget_tables(*, at: datetime, at_most: int) -> int:
    """Delete tables that are past their time, with their rows; return how many rows of any."""
    table = AttachmentTable.objects.past_retention(at).order_by("pk").first()
    if table is None or at_most < 1:
        return 0
    some = table.rows.order_by().values_list("pk", flat=True)[: min(at_most, FORGOTTEN_AT_ONCE)]
    gone = AttachmentTableRow.objects.filter(pk__in=list(some))._raw_delete(connection.alias)
    if gone:
        return int(gone)
    with transaction.atomic():
        forget_file(table)
        table.delete()
    return 1


def _is_at(table: AttachmentTable, **place: Any) -> bool:
    """Lock a table; say whether it is still where it is thought to be: two may go on with it."""
    locked = AttachmentTable.objects.select_for_update(of=("self",)).filter(pk=table.pk)
    return locked.filter(**place).first() is not None


def _go_on(table: AttachmentTable, *, at: datetime, **added: int) -> None:
    sums = {name: F(name) + count for name, count in added.items() if count}
    AttachmentTable.objects.filter(pk=table.pk).update(moved_at=at, **sums)
    table.moved_at = at
    for name, count in added.items():
        setattr(table, name, getattr(table, name) + count)


def _attach(rows: QuerySet[AttachmentTableRow], *, at: datetime) -> int:
    """Insert what rows say as attachments of the variants themselves, or put it in their place."""
    chosen = rows.order_by().values_list(
        "product_id",
        "asset_id",
        *TERMS,
        Value(False, output_field=BooleanField()),
        Value(at, output_field=DateTimeField()),
    )
    select, values = chosen.query.sql_with_params()
    quote = connection.ops.quote_name
    columns: Any = Attachment._meta.concrete_fields
    fields = {field.attname: quote(field.column) for field in columns}
    excluded = ", ".join(f"{fields[name]} = EXCLUDED.{fields[name]}" for name in TERMS)
    sql = (
        f"INSERT INTO {quote(Attachment._meta.db_table)} "  # nosec B608
        f"({', '.join(fields[name] for name in COLUMNS)}) {select} "
        f"ON CONFLICT ({fields['product_id']}, {fields['asset_id']}) "
        f"DO UPDATE SET {excluded}, {fields['source_id']} = NULL"
    )
    with connection.cursor() as cursor:
        cursor.execute(sql, values)
        return int(cursor.rowcount)


def _enter(rows: QuerySet[AttachmentTableRow]) -> None:
    """Enter one line for each file, with what was said of the first variants and is said now."""
    counts = defaultdict[Any, int](int)
    first = defaultdict[Any, list[tuple[Any, ...]]](list)
    columns = ("sku", "limit", "lifetime_days", "had", "had_limit", "had_lifetime_days")
    for asset, *terms in rows.order_by("pk").values_list("asset", *columns).iterator():
        counts[asset] += 1
        if counts[asset] <= BATCH:
            first[asset].append(tuple(terms))
    for row in _each(Asset.objects.all(), counts):
        of_asset = first[row.pk]
        enter_attached(
            row,
            count=counts[row.pk],
            terms={sku: (limit, days) for sku, limit, days, *_had in of_asset},
            former={
                sku: (had_limit, had_days)
                for sku, _limit, _days, had, had_limit, had_days in of_asset
                if had is not None
            },
        )


def _each(assets: QuerySet[Asset], keys: Iterable[Any]) -> Iterable[Asset]:
    wanted = list(keys)
    for start in range(0, len(wanted), BATCH):
        yield from assets.filter(pk__in=wanted[start : start + BATCH])
