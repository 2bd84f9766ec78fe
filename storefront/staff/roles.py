"""Role-based access control: the permissions of each role in its shop.

Roles are the only source of permissions: superusers may do everything, everybody else what their
role in the row's shop allows. `storefront/docs/merchants.md` has the same table for people.
"""

from typing import Any

from django.contrib.auth.backends import ModelBackend
from django.contrib.auth.models import AnonymousUser
from django.db.models import Model, QuerySet

from downloads.models import Membership, Role
from downloads.tenancy import of_shops, shop_number_of, shop_path_of


def _each(verbs: str, *models: str) -> set[str]:
    named = (model.split(".") for model in models)
    return {f"{app}.{verb}_{name}" for app, name in named for verb in verbs.split()}


SUPPORT = _each(
    "view",
    *("downloads.shop", "downloads.product", "downloads.attachment", "downloads.asset"),
    "downloads.attachmentrule",
    *("downloads.order", "downloads.lineitem", "downloads.grant", "downloads.delivery"),
    *("downloads.downloadevent", "downloads.customer", "downloads.account"),
    *("downloads.mail", "downloads.message", "downloads.datarequest"),
    "downloads.statusmeaning",
) | {
    "downloads.reset_grant",
    # Within the shop's bounds, where they have no more than this.
    "downloads.raise_grant",
    "downloads.mail_order",
    "downloads.note_order",
}
MANAGER = (
    SUPPORT
    | _each(
        "add change delete",
        *("downloads.product", "downloads.attachment", "downloads.asset"),
        "downloads.attachmentrule",
        *("downloads.order", "downloads.customer", "downloads.statusmeaning"),
    )
    # Who may change orders may import them.
    | _each("view add change delete", "storefront.orderimport")
    | _each("add change", "downloads.lineitem", "downloads.grant")
    | _each("change delete", "downloads.account")
    # Their actions: to send, to try, to answer again.
    | _each("change", "downloads.mail", "downloads.message", "downloads.datarequest")
    | {"downloads.link_order", "downloads.forward_order"}
    | _each("change", "downloads.shop")
    | _each("view", "downloads.auditentry")
)
OWNER = (
    MANAGER
    | {"downloads.choose_plan"}
    | _each("view change delete", "downloads.membership")
    | _each("view add delete", "downloads.invitation")
    | _each("view add change", "storefront.storefrontkey", "storefront.secretkey")
    | _each("view add change delete", "storefront.customertoken")
    | _each("view add change delete", "storefront.webhooksecret", "storefront.platformaccess")
)
PERMISSIONS: dict[str, set[str]] = {
    Role.SUPPORT: SUPPORT,
    Role.MANAGER: MANAGER,
    Role.OWNER: OWNER,
}


def roles_of(user: Any) -> dict[int, str]:
    """Return a person's role by the number of each shop they work for. One query, asked once."""
    if not (user.is_active and user.is_staff):
        return {}
    if not hasattr(user, "_roles"):
        user._roles = dict(Membership.objects.filter(user=user.pk).values_list("shop", "role"))
    return user._roles


def shops_where(user: Any, permission: str) -> list[int]:
    """Return the numbers of the shops in which a person has a permission."""
    return [shop for shop, role in roles_of(user).items() if permission in PERMISSIONS[role]]


def rows_where(rows: QuerySet[Any], user: Any, permission: str) -> QuerySet[Any]:
    """Return the rows for which a person has a permission: all of them, for superusers."""
    if user.is_active and user.is_superuser:
        return rows
    return of_shops(rows, shops_where(user, permission))


class RoleBackend(ModelBackend):
    """Django's sign-in by password; permissions by role, in the row's own shop where it has one."""

    def get_all_permissions(self, user_obj: Any, obj: Model | None = None) -> set[str]:
        if not user_obj.is_active or isinstance(user_obj, AnonymousUser):
            return set()
        if user_obj.is_superuser:
            return super().get_all_permissions(user_obj)
        roles = roles_of(user_obj)
        if obj is None:
            return set().union(*(PERMISSIONS[role] for role in roles.values()))
        role = roles.get(shop_number_of(obj) or 0)
        return PERMISSIONS[role] if role else set()


__all__ = ["PERMISSIONS", "RoleBackend", "roles_of", "rows_where", "shop_path_of", "shops_where"]
