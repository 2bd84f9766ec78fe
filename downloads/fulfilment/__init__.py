"""THE WRITE DOOR: every change to orders, grants and counters comes through here."""

from downloads.fulfilment.announcing import send_order_mail
from downloads.fulfilment.asking import answer_next_request, ask_links, ask_password
from downloads.fulfilment.attaching import apply_limit, attach_to_order, attach_to_product
from downloads.fulfilment.counting import (
    extend,
    raise_limit,
    reset,
    restore,
    restore_asset,
    revoke,
    revoke_tickets,
    withdraw_asset,
)
from downloads.fulfilment.describing import (
    note_uninstalled,
    record_product,
    record_shop,
    remove_product,
)
from downloads.fulfilment.entering import prune_ledger
from downloads.fulfilment.erasing import (
    answer_data_request,
    erase_customer,
    erase_person,
    erase_shop,
    record_data_request,
)
from downloads.fulfilment.giving_back import give_back_failed, weigh_deliveries
from downloads.fulfilment.mailing import (
    Send,
    forget_mails,
    note_bounce,
    send_next,
    try_mail_again,
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
    cancel_order,
    delete_order,
    record_order,
    release,
)
from downloads.fulfilment.registering import (
    choose_password,
    end_former_accounts,
    forget_accounts,
    forget_unconfirmed,
    register,
    require_account,
    require_password,
    sign_in,
)
from downloads.fulfilment.settling import add_lines, lock_shop, settle
from downloads.fulfilment.spending import (
    Opened,
    Request,
    end_stream,
    fail_stream,
    note_sent,
    open_delivery,
    spend,
)
from downloads.fulfilment.storing import (
    StoredFile,
    delete_asset,
    open_file,
    require_file,
    store_file,
    store_link,
)

__all__ = [
    "Opened",
    "Outcome",
    "Recorded",
    "Request",
    "Said",
    "Send",
    "StoredFile",
    "add_lines",
    "answer_data_request",
    "answer_next_request",
    "apply_limit",
    "apply_next",
    "apply_policies",
    "ask_links",
    "ask_password",
    "attach_to_order",
    "attach_to_product",
    "cancel_order",
    "choose_password",
    "delete_asset",
    "delete_order",
    "end_former_accounts",
    "end_stream",
    "erase_customer",
    "erase_person",
    "erase_shop",
    "extend",
    "fail_stream",
    "forget_accounts",
    "forget_applied",
    "forget_mails",
    "forget_unconfirmed",
    "give_back_failed",
    "is_stored",
    "lock_shop",
    "note_bounce",
    "note_sent",
    "note_uninstalled",
    "open_delivery",
    "open_file",
    "prune_ledger",
    "raise_limit",
    "receive",
    "record_data_request",
    "record_dispute",
    "record_order",
    "record_product",
    "record_refund",
    "record_risk",
    "record_shop",
    "register",
    "release",
    "remove_product",
    "replay",
    "require_account",
    "require_file",
    "require_password",
    "reset",
    "restore",
    "restore_asset",
    "revoke",
    "revoke_tickets",
    "send_next",
    "send_order_mail",
    "settle",
    "sign_in",
    "spend",
    "store_file",
    "store_link",
    "try_mail_again",
    "weigh_deliveries",
    "withdraw_asset",
]
