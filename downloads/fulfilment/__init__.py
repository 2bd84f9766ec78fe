"""THE WRITE DOOR: every change to orders, grants and counters comes through here."""

from downloads.fulfilment.attaching import apply_limit, attach_to_order, attach_to_product
from downloads.fulfilment.counting import (
    extend,
    raise_limit,
    reset,
    restore,
    restore_asset,
    revoke,
    revoke_tickets,
    spend,
    withdraw_asset,
)
from downloads.fulfilment.recording import Recorded, delete_order, record_order, record_refund
from downloads.fulfilment.settling import add_lines, settle
from downloads.fulfilment.storing import (
    STORAGE_DOWN,
    delete_asset,
    open_file,
    require_file,
    store_file,
    store_link,
)

__all__ = [
    "STORAGE_DOWN",
    "Recorded",
    "add_lines",
    "apply_limit",
    "attach_to_order",
    "attach_to_product",
    "delete_asset",
    "delete_order",
    "extend",
    "open_file",
    "raise_limit",
    "record_order",
    "record_refund",
    "require_file",
    "reset",
    "restore",
    "restore_asset",
    "revoke",
    "revoke_tickets",
    "settle",
    "spend",
    "store_file",
    "store_link",
    "withdraw_asset",
]
