"""Attaching by rule: which rows of `Attachment` come of it, and the verbs that change rules."""

from downloads.fulfilment.rules.past_orders import give_to_past_orders
from downloads.fulfilment.rules.verbs import (
    apply_shop_defaults,
    attach_to_each,
    attach_to_numbers,
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
    "apply_shop_defaults",
    "attach_to_each",
    "attach_to_numbers",
    "check_rule",
    "check_width",
    "delete_rules",
    "give_to_past_orders",
    "leave_out",
    "move_rule",
    "resolve_products",
    "save_rule",
    "set_default_terms",
]
