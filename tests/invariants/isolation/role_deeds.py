"""Each row of the manual's table of roles: the permissions it tells of, and its own columns.

Lists, pages and forms belong to the row that tells of their permission. Actions, buttons and
single boxes are named here, as `str(Column)` writes them.
"""


def named(permissions: str) -> set[str]:
    """Return permissions written as "app: verbs model, verbs model"."""
    return {
        f"{app.strip()}.{verb}_{words.split()[-1]}"
        for part in permissions.split(";")
        for app, _, rest in [part.partition(":")]
        for words in rest.split(",")
        for verb in words.split()[:-1]
    }


def posted(names: str) -> set[str]:
    """Return the columns in which something is sent, by their names."""
    return {f"{name} POST" for name in names.split()}


DEEDS: dict[str, tuple[set[str], set[str]]] = {
    "See the shop, its products, assets, orders and downloads, and what happened to each": (
        named(
            "downloads: view shop, view product, view attachment, view attachmentrule, view asset, "
            "view order, "
            "view lineitem, view grant, view delivery, view downloadevent, view statusmeaning"
        ),
        {"order.order_page", "order.order_timeline", "asset.asset_file"}
        | {"shop.shop_page", "shop.shop_mail", "shop.shop_mail_sheet"},
    ),
    "See customers and their accounts, and export what is stored about one": (
        named("downloads: view customer, view account"),
        posted("customer.export"),
    ),
    "See mails, messages and data requests": (
        named("downloads: view mail, view message, view datarequest"),
        {"datarequest.data_request_file"},
    ),
    "Reset the count of a download, and take that back": (
        {"downloads.reset_grant"},
        posted("grant.reset grant.grant_reset"),
    ),
    "Allow more downloads and more days, support within the shop's bounds": (
        {"downloads.raise_grant"},
        posted("grant.grant_allow_more grant.grant_extend grant.grant_undo"),
    ),
    "Send the mail about an order": ({"downloads.mail_order"}, set()),
    "Write notes about an order for colleagues": (
        {"downloads.note_order"},
        posted("order.order_note"),
    ),
    "Copy the link to a customer's page; support where the shop says so": (
        {"downloads.link_order"},
        posted("order.order_link"),
    ),
    "Send an order's mail once to another address": (
        {"downloads.forward_order"},
        posted("order.order_send_once"),
    ),
    "Make, edit and delete products": (named("downloads: add change delete product"), set()),
    "Make, edit, withdraw and delete assets": (
        named("downloads: add change delete asset"),
        posted("asset.withdraw asset.restore"),
    ),
    "Attach assets to products, change their limits, and take them away": (
        named("downloads: add change delete attachment, add change delete attachmentrule"),
        posted(
            "product.attachments product.attachments-0-limit product.attachments-0-DELETE "
            "product.apply_limits product.attach_file product.product_leave_out "
            "asset.asset_attach asset.asset_past_orders attachmentrule.rule_move"
        )
        | {"asset.asset_attach", "asset.asset_past_orders"},
    ),
    "Make, edit, release and delete orders, and end the links to them": (
        named("downloads: add change delete order, add change lineitem"),
        posted(
            "order.lines order.lines-0-quantity order.release order.order_release "
            "order.order_end_links order.end_page_links order.order_address order.order_dismiss "
            "order.order_count_again order.order_match order.order_delete_note"
        ),
    ),
    "Import orders from files, and see and delete what was uploaded": (
        named("storefront: view add change delete orderimport"),
        posted("orderimport.import_proceed") | {"orderimport.import_refused"},
    ),
    "Raise and extend without a bound, withdraw and restore downloads; attach to an order": (
        named("downloads: add change grant"),
        posted(
            "grant.raise_limit grant.extend grant.revoke grant.restore order.grants "
            "grant.grant_withdraw grant.grant_restore"
        ),
    ),
    "Make, edit, erase and delete customers": (
        named("downloads: add change delete customer"),
        posted("customer.erase customer.customer_merge customer.customer_unmerge")
        | {"customer.customer_merge"},
    ),
    "Make the link to choose an account's password; delete an account": (
        named("downloads: change delete account"),
        posted("account.mail_password_link account.make_password_link"),
    ),
    "Send mails again, try messages again, mark data requests as answered": (
        named("downloads: change mail, change message, change datarequest"),
        posted(
            "mail.send_again message.try_again message.message_replay message.message_fetch "
            "datarequest.mark_as_answered"
        ),
    ),
    "Edit the shop's page, mails and policies": (
        named("downloads: change shop, add change delete statusmeaning"),
        posted(
            "shop.page_title shop.language shop.opens_when shop.apply_policies shop.shop_test_mail"
        ),
    ),
    "Read the audit trail": ({"downloads.view_auditentry"}, set()),
    "Choose the shop's plan": ({"downloads.choose_plan"}, posted("shop.plan")),
    "Change roles and remove staff": (named("downloads: view change delete membership"), set()),
    "Invite staff and withdraw invitations": (
        named("downloads: view add delete invitation"),
        set(),
    ),
    "Make, rotate, limit and revoke storefront keys": (
        named("storefront: view add change storefrontkey"),
        posted("storefrontkey.rotate storefrontkey.revoke shop.make_storefront_key"),
    ),
    "Make, rotate, limit and revoke secret keys": (
        named("storefront: view add change secretkey"),
        posted("secretkey.rotate secretkey.revoke shop.make_secret_key"),
    ),
    "Make, revoke and delete customer tokens": (
        named("storefront: view add change delete customertoken"),
        posted("customertoken.revoke customer.make_customer_token"),
    ),
    "Enter, revoke and delete webhook secrets": (
        named("storefront: view add change delete webhooksecret"),
        posted("webhooksecret.revoke"),
    ),
    "Enter, change and delete access to the shop's platform, and reconcile": (
        named("storefront: view add change delete platformaccess"),
        posted("platformaccess.reconcile platformaccess.connection_look"),
    ),
    # Each of these has a test of its own, or is told by permissions that no role has.
    "Take a shop's last owner away": (set(), set()),
    "Change the shop's domain": (set(), posted("shop.domain")),
    "Make and delete shops; make and change plans": (set(), posted("plan.customer_account_links")),
    "Make, change and delete people's sign-ins": (
        set(),
        posted(
            "user.mail_password_link user.make_password_link user.unlock "
            "user.remove_second_factor user.end_all_sessions"
        ),
    ),
}
# Superusers alone: no permission of these is in a role.
OF_SUPERUSERS = {
    "Make and delete shops; make and change plans": named(
        "downloads: add delete shop, view add change delete plan"
    ),
    "Make, change and delete people's sign-ins": named("auth: view add change delete user"),
}
