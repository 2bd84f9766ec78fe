"""Attaching by rule: which rows of `Attachment` come of it, and the verbs that change rules."""

from downloads.fulfilment.rules.bulk import attach_to_each, attach_to_numbers
from downloads.fulfilment.rules.by_sku import (
    CHANGED,
    NEW,
    REFUSED,
    SAME,
    SkuRow,
    Tally,
    Verdict,
    attach_by_sku,
    judge_rows,
)
from downloads.fulfilment.rules.past_orders import Share, give_to_past_orders, orders_lacking
from downloads.fulfilment.rules.tables import (
    CHANGED_SINCE,
    forget_file,
    forget_tables,
    judge_more,
    keep_table,
    write_all,
    write_more,
)
from downloads.fulfilment.rules.verbs import (
    apply_shop_defaults,
    check_rule,
    check_width,
    delete_rules,
    leave_out,
    move_rule,
    resolve_products,
    save_rule,
    set_default_terms,
)

__all__ = [
    "CHANGED",
    "CHANGED_SINCE",
    "NEW",
    "REFUSED",
    "SAME",
    "Share",
    "SkuRow",
    "Tally",
    "Verdict",
    "apply_shop_defaults",
    "attach_by_sku",
    "attach_to_each",
    "attach_to_numbers",
    "check_rule",
    "check_width",
    "delete_rules",
    "forget_file",
    "forget_tables",
    "give_to_past_orders",
    "judge_more",
    "judge_rows",
    "keep_table",
    "leave_out",
    "move_rule",
    "orders_lacking",
    "resolve_products",
    "save_rule",
    "set_default_terms",
    "write_all",
    "write_more",
]
