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
from downloads.fulfilment.describing import (
    note_uninstalled,
    record_product,
    record_shop,
    remove_product,
)
from downloads.fulfilment.erasing import (
    answer_data_request,
    erase_customer,
    erase_person,
    erase_shop,
    record_data_request,
)
from downloads.fulfilment.noting import record_dispute, record_refund, record_risk
from downloads.fulfilment.outcomes import Outcome
from downloads.fulfilment.receiving import (
    Said,
    apply_next,
    forget_applied,
    is_stored,
    receive,
    replay,
)
from downloads.fulfilment.recording import (
    Recorded,
    apply_policies,
    delete_order,
    record_order,
    release,
)
from downloads.fulfilment.settling import add_lines, lock_shop, settle
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
    "Outcome",
    "Recorded",
    "Said",
    "add_lines",
    "answer_data_request",
    "apply_limit",
    "apply_next",
    "apply_policies",
    "attach_to_order",
    "attach_to_product",
    "delete_asset",
    "delete_order",
    "erase_customer",
    "erase_person",
    "erase_shop",
    "extend",
    "forget_applied",
    "is_stored",
    "lock_shop",
    "note_uninstalled",
    "open_file",
    "raise_limit",
    "receive",
    "record_data_request",
    "record_dispute",
    "record_order",
    "record_product",
    "record_refund",
    "record_risk",
    "record_shop",
    "release",
    "remove_product",
    "replay",
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
