"""The floor's statements, on our tables: one for each question, the same for both databases."""

AVAILABLE = """
    o.payment = 'paid' AND o.hold = '' AND o.cancelled_at IS NULL AND NOT o.fully_refunded
    AND NOT g.refunded AND NOT g.unpaid AND NOT g.replaced AND g.withdrawn_at IS NULL
    AND a.withdrawn_at IS NULL AND (g.expires_at IS NULL OR g.expires_at > CURRENT_TIMESTAMP)
    AND (g.bought IS NULL OR g.used < g.bought - g.canceled)"""
ORDER = f"""
SELECT o.number, s.page_title, s.page_text, l.id, p.id, p.name, p.variant_name, p.sku,
    p.product_id, p.variant_id, p.vendor, p.tags, g.id, g.used, g.bought, g.canceled, a.id,
    a.title, a.size_bytes, a.link, a.file_name, {AVAILABLE}
FROM downloads_order o
JOIN downloads_shop s ON s.id = o.shop_id
JOIN downloads_plan q ON q.name = s.plan_id
LEFT JOIN downloads_grant g ON g.order_id = o.id
LEFT JOIN downloads_asset a ON a.id = g.asset_id
LEFT JOIN downloads_lineitem l ON l.id = g.line_id
LEFT JOIN downloads_product p ON p.id = l.product_id
WHERE o.token_hash = %s AND q.customer_account_links
ORDER BY l.position, l.platform_id, l.id, g.id"""
GRANT = f"""
SELECT g.id, p.name, a.title, a.file_name, a.link, g.bought, g.used, g.canceled, g.created_at,
    {AVAILABLE}
FROM storefront_storefrontkey k
JOIN storefront_customertoken t ON t.id = %s AND t.secret_hash = %s
JOIN downloads_customer c ON c.id = t.customer_id AND c.shop_id = k.shop_id
JOIN downloads_grant g ON g.id = %s
JOIN downloads_order o ON o.id = g.order_id AND o.customer_id = c.id
JOIN downloads_asset a ON a.id = g.asset_id
LEFT JOIN downloads_product p ON p.id = g.product_id
WHERE k.key_hash = %s AND k.revoked_at IS NULL AND t.revoked_at IS NULL
    AND (k.expires_at IS NULL OR k.expires_at > CURRENT_TIMESTAMP)
    AND t.expires_at > CURRENT_TIMESTAMP AND c.erased_at IS NULL"""
SPENT = f"""
UPDATE downloads_grant SET used = used + 1 WHERE id = (
    SELECT g.id FROM downloads_grant g JOIN downloads_order o ON o.id = g.order_id
    JOIN downloads_asset a ON a.id = g.asset_id WHERE g.id = %s AND {AVAILABLE})
RETURNING id, asset_id"""
DELIVERY = (
    "INSERT INTO downloads_delivery "
    "(grant_id, nonce, opened_at, closes_at, is_kept, sent_bytes, streams)"
)
EVENT = (
    "INSERT INTO downloads_downloadevent "
    "(grant_id, delivery_id, kind, downloads, reason, at, address_hash, user_agent)"
)
# PostgreSQL takes all of a click in one.
CLICK = f"""
WITH spent AS ({SPENT}),
delivery AS ({DELIVERY} SELECT id, %s, now(), now() + interval '1 hour', false, 0, 0 FROM spent
    RETURNING id, grant_id),
event AS ({EVENT} SELECT grant_id, id, 'charged', 1, '', now(), '', '' FROM delivery)
SELECT a.link FROM spent JOIN downloads_asset a ON a.id = spent.asset_id"""
# SQLite takes it in parts, between BEGIN and COMMIT.
DELIVERY_ALONE = f"""
{DELIVERY} VALUES (%s, %s, datetime('now'), datetime('now', '+1 hour'), 0, 0, 0) RETURNING id"""
EVENT_ALONE = f"{EVENT} VALUES (%s, %s, 'charged', 1, '', datetime('now'), '', '')"
LINK = "SELECT link FROM downloads_asset WHERE id = %s"
MESSAGE = """
INSERT INTO downloads_message (shop_id, source, topic, delivery_id, body, person, state, attempts,
    error, received_at, due_at)
SELECT s.id, 'shopify', %s, %s, %s, '', 'waiting', 0, '', CURRENT_TIMESTAMP, CURRENT_TIMESTAMP
FROM downloads_shop s WHERE s.domain = %s ON CONFLICT DO NOTHING"""
