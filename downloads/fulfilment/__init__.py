"""THE WRITE DOOR: the verbs that change orders, grants and counters, each one transaction."""

from downloads.fulfilment.accounts import (
    choose_password,
    end_former_accounts,
    forget_accounts,
    register,
    require_account,
    require_password,
    sign_in,
)
from downloads.fulfilment.attachments import apply_limit, attach_to_order, attach_to_product
from downloads.fulfilment.changes import Outcome
from downloads.fulfilment.deliveries import (
    ClickRequest,
    Opened,
    end_stream,
    fail_stream,
    note_sent,
    open_delivery,
    spend,
)
from downloads.fulfilment.files import (
    StoredFile,
    delete_asset,
    open_file,
    rename_file,
    require_file,
    store_file,
    store_link,
)
from downloads.fulfilment.give_backs import give_back_failed, weigh_deliveries
from downloads.fulfilment.grants import (
    extend,
    raise_limit,
    reset,
    restore,
    restore_asset,
    revoke,
    revoke_tickets,
    withdraw_asset,
)
from downloads.fulfilment.heartbeats import beat
from downloads.fulfilment.inbox import (
    InboundMessage,
    apply_next,
    is_stored,
    receive,
    replay,
)
from downloads.fulfilment.kept_uploads import (
    forget_kept_upload,
    forget_kept_uploads,
    keep_upload,
    require_kept_upload,
)
from downloads.fulfilment.ledger import prune_ledger
from downloads.fulfilment.mails.alerts import warn_of_wrong_tries
from downloads.fulfilment.mails.order_mails import send_order_mail
from downloads.fulfilment.mails.outbox import (
    Send,
    note_bounce,
    send_next,
    try_mail_again,
)
from downloads.fulfilment.mails.requested_mails import (
    answer_next_request,
    request_links,
    request_password,
)
from downloads.fulfilment.memberships import (
    accept_as,
    accept_with_password,
    change_role,
    clean_address,
    has_sign_in,
    invite,
    is_for,
    remove_member,
    require_invitation,
    withdraw,
)
from downloads.fulfilment.order_facts import record_dispute, record_refund, record_risk
from downloads.fulfilment.orders import (
    Recorded,
    apply_policies,
    cancel_order,
    delete_order,
    record_order,
    release,
)
from downloads.fulfilment.privacy import (
    answer_data_request,
    erase_customer,
    erase_person,
    erase_shop,
    record_data_request,
)
from downloads.fulfilment.products import (
    edit_product,
    note_uninstalled,
    record_product,
    record_shop,
    remove_product,
)
from downloads.fulfilment.recalculation import add_lines, lock_shop, settle
from downloads.fulfilment.retention import forget_deliveries, forget_rows

__all__ = [
    "ClickRequest",
    "InboundMessage",
    "Opened",
    "Outcome",
    "Recorded",
    "Send",
    "StoredFile",
    "accept_as",
    "accept_with_password",
    "add_lines",
    "answer_data_request",
    "answer_next_request",
    "apply_limit",
    "apply_next",
    "apply_policies",
    "attach_to_order",
    "attach_to_product",
    "beat",
    "cancel_order",
    "change_role",
    "choose_password",
    "clean_address",
    "delete_asset",
    "delete_order",
    "edit_product",
    "end_former_accounts",
    "end_stream",
    "erase_customer",
    "erase_person",
    "erase_shop",
    "extend",
    "fail_stream",
    "forget_accounts",
    "forget_deliveries",
    "forget_kept_upload",
    "forget_kept_uploads",
    "forget_rows",
    "give_back_failed",
    "has_sign_in",
    "invite",
    "is_for",
    "is_stored",
    "keep_upload",
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
    "remove_member",
    "remove_product",
    "rename_file",
    "replay",
    "request_links",
    "request_password",
    "require_account",
    "require_file",
    "require_invitation",
    "require_kept_upload",
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
    "warn_of_wrong_tries",
    "weigh_deliveries",
    "withdraw",
    "withdraw_asset",
]
