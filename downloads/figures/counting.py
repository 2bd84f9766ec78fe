"""Count one day of all shops anew, from orders and ledger, and write down what differs."""

from collections.abc import Iterable
from datetime import date, datetime
from typing import Any

from django.db import transaction
from django.db.models import Count, Model, Q, Sum
from django.db.models.functions import Coalesce

from downloads.figures.days import bounds_of, first_day_in_ledger, zones
from downloads.models import AssetFigures, CountedDay, DailyFigures, DownloadEvent, Order

BATCH = 500
OF_LEDGER = ("downloads", "sent_bytes")
NOTHING = dict.fromkeys(OF_LEDGER, 0)
_SUMS: dict[str, Any] = {
    "downloads": Count("pk", filter=Q(kind=DownloadEvent.Kind.CHARGED)),
    "sent_bytes": Coalesce(Sum("sent_bytes"), 0),
}


@transaction.atomic
def count_day(day: date, *, at: datetime, is_forced: bool = True) -> bool:
    """Count a day of all shops, unless another worker just did; return whether it was counted.

    A day whose ledger was pruned, or may have been, keeps what the ledger said of it.
    """
    # Counted under its lock: whoever marks it meanwhile waits, and it is counted once more.
    counted = CountedDay.objects.select_for_update().get(day=day)
    if not (counted.is_stale or is_forced):
        return False
    orders = _orders_of(day)
    if day >= first_day_in_ledger(at):
        assets = _assets_of(day)
        _write_assets(day, assets)
        _write_days(day, orders, _by_shop(assets))
    else:
        _write_days(day, orders, None)
    CountedDay.objects.filter(pk=counted.pk).update(is_stale=False, counted_at=at)
    return True


def _orders_of(day: date) -> dict[int, int]:
    counts: dict[int, int] = {}
    for zone, names in zones().items():
        begin, end = bounds_of(day, day, zone)
        placed = Order.objects.filter(placed_at__gte=begin, placed_at__lt=end).order_by()
        there = placed.filter(shop__time_zone__in=names)
        counts.update(there.values_list("shop").annotate(orders=Count("pk")))
    return counts


def _assets_of(day: date) -> dict[tuple[int, Any], dict[str, int]]:
    """Return what the ledger has of a day, by shop and asset."""
    kinds = (DownloadEvent.Kind.CHARGED, DownloadEvent.Kind.SERVED)
    assets = {}
    for zone, names in zones().items():
        begin, end = bounds_of(day, day, zone)
        lines = DownloadEvent.objects.filter(at__gte=begin, at__lt=end, kind__in=kinds).order_by()
        there = lines.filter(grant__order__shop__time_zone__in=names)
        rows: Any = there.values_list("grant__order__shop", "grant__asset").annotate(**_SUMS)
        for shop, asset, *counts in rows:
            assets[shop, asset] = dict(zip(_SUMS, counts, strict=True))
    return assets


def _by_shop(assets: dict[tuple[int, Any], dict[str, int]]) -> dict[int, dict[str, int]]:
    shops: dict[int, dict[str, int]] = {}
    for (shop, _asset), counts in assets.items():
        total = shops.setdefault(shop, dict(NOTHING))
        for name, count in counts.items():
            total[name] += count
    return shops


def _write_days(
    day: date, orders: dict[int, int], ledger: dict[int, dict[str, int]] | None
) -> None:
    """Write a day's figures; without those of the ledger, what stands of it stays."""
    before = {row.shop_id: row for row in DailyFigures.objects.filter(day=day)}
    changed, gone = [], []
    for shop in orders.keys() | before.keys() | (ledger or {}).keys():
        row = before.get(shop) or DailyFigures(shop_id=shop, day=day)
        earlier = {name: getattr(row, name) for name in ("orders", *OF_LEDGER)}
        of_ledger = {} if ledger is None else ledger.get(shop, NOTHING)
        now = earlier | {"orders": orders.get(shop, 0)} | of_ledger
        if not any(now.values()):
            gone.append(row.pk)
        elif now != earlier:
            changed.append(DailyFigures(shop_id=shop, day=day, **now))
    DailyFigures.objects.filter(pk__in=[pk for pk in gone if pk]).delete()
    _upsert(DailyFigures, changed, columns=("orders", *OF_LEDGER), keys=("shop", "day"))


def _write_assets(day: date, assets: dict[tuple[int, Any], dict[str, int]]) -> None:
    before = {(row.shop_id, row.asset_id): row for row in AssetFigures.objects.filter(day=day)}
    gone = [row.pk for key, row in before.items() if key not in assets]
    changed = [
        AssetFigures(shop_id=shop, asset_id=asset, day=day, **counts)
        for (shop, asset), counts in assets.items()
        if (row := before.get((shop, asset))) is None
        or counts != {name: getattr(row, name) for name in OF_LEDGER}
    ]
    AssetFigures.objects.filter(pk__in=gone).delete()
    _upsert(AssetFigures, changed, columns=OF_LEDGER, keys=("day", "asset"))


def _upsert(
    model: type[Model], rows: list[Any], *, columns: Iterable[str], keys: Iterable[str]
) -> None:
    model._default_manager.bulk_create(
        rows,
        batch_size=BATCH,
        update_conflicts=True,
        update_fields=list(columns),
        unique_fields=list(keys),
    )
