"""THE WRITE DOOR: the verbs that change orders, grants and counters, each one transaction."""

from downloads.fulfilment import rules
from downloads.fulfilment.attachments import (
    apply_limit,
    attach_to_order,
    attach_to_product,
    detach,
    edit_attachment,
)
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
    Proviso,
    apply_some,
    is_stored,
    receive,
    receive_if,
    replay,
    settle_message,
)
from downloads.fulfilment.kept_uploads import (
    forget_kept_upload,
    forget_kept_uploads,
    keep_upload,
    require_kept_upload,
)
from downloads.fulfilment.ledger import prune_ledger
from downloads.fulfilment.mails.alerts import warn_of_set_aside, warn_of_wrong_tries
from downloads.fulfilment.mails.answers import note_bounce
from downloads.fulfilment.mails.order_mails import mail_requested_order, send_order_mail
from downloads.fulfilment.mails.outbox import (
    Send,
    send_next,
    try_mail_again,
)
from downloads.fulfilment.mails.requested_mails import (
    answer_next_request,
    request_links,
    request_password,
)
from downloads.fulfilment.mails.staff_mails import (
    mail_invitation,
    mail_password_link,
    mail_requested_link,
)
from downloads.fulfilment.mails.staff_news import tell_figures, tell_of_used_up
from downloads.fulfilment.matches import match_line, share_files
from downloads.fulfilment.order_facts import (
    dismiss_dispute,
    dismiss_refund,
    record_dispute,
    record_risk,
    replace_disputes,
    restore_dispute,
    restore_refund,
)
from downloads.fulfilment.orders import (
    delete_order,
    delete_reported_order,
    record_order,
    release,
)
from downloads.fulfilment.people import memberships
from downloads.fulfilment.people.accounts import (
    choose_password,
    forget_accounts,
    register,
    require_account,
    require_password,
    sign_in,
)
from downloads.fulfilment.people.corrections import correct_email
from downloads.fulfilment.people.customers import edit_customer, record_account, require_owner
from downloads.fulfilment.people.merges import (
    delete_customers,
    merge_customers,
    merge_numbers,
    unmerge_customer,
)
from downloads.fulfilment.people.privacy import (
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
from downloads.fulfilment.recalculation import add_lines, edit_line, edit_order, lock_shop, settle
from downloads.fulfilment.refunds import record_refund
from downloads.fulfilment.retention import forget_deliveries, forget_rows
from downloads.fulfilment.rules.past_orders import apply_policies

__all__ = [
    "ClickRequest",
    "InboundMessage",
    "Opened",
    "Outcome",
    "Proviso",
    "Send",
    "StoredFile",
    "add_lines",
    "answer_data_request",
    "answer_next_request",
    "apply_limit",
    "apply_policies",
    "apply_some",
    "attach_to_order",
    "attach_to_product",
    "beat",
    "choose_password",
    "correct_email",
    "delete_asset",
    "delete_customers",
    "delete_order",
    "delete_reported_order",
    "detach",
    "dismiss_dispute",
    "dismiss_refund",
    "edit_attachment",
    "edit_customer",
    "edit_line",
    "edit_order",
    "edit_product",
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
    "is_stored",
    "keep_upload",
    "lock_shop",
    "mail_invitation",
    "mail_password_link",
    "mail_requested_link",
    "mail_requested_order",
    "match_line",
    "memberships",
    "merge_customers",
    "merge_numbers",
    "note_bounce",
    "note_sent",
    "note_uninstalled",
    "open_delivery",
    "open_file",
    "prune_ledger",
    "raise_limit",
    "receive",
    "receive_if",
    "record_account",
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
    "rename_file",
    "replace_disputes",
    "replay",
    "request_links",
    "request_password",
    "require_account",
    "require_file",
    "require_kept_upload",
    "require_owner",
    "require_password",
    "reset",
    "restore",
    "restore_asset",
    "restore_dispute",
    "restore_refund",
    "revoke",
    "revoke_tickets",
    "rules",
    "send_next",
    "send_order_mail",
    "settle",
    "settle_message",
    "share_files",
    "sign_in",
    "spend",
    "store_file",
    "store_link",
    "tell_figures",
    "tell_of_used_up",
    "try_mail_again",
    "unmerge_customer",
    "warn_of_set_aside",
    "warn_of_wrong_tries",
    "weigh_deliveries",
    "withdraw_asset",
]
