"""WooCommerce's listings, read while rows of them are deleted."""

from types import SimpleNamespace

from storefront.platforms.client import Answer
from storefront.platforms.woocommerce.remote import PAGE_SIZE, STAGES, STEPS_BACK


def test_nothing_is_skipped_though_rows_further_up_are_deleted_at_every_page():
    ids = list(range(1, PAGE_SIZE * (STEPS_BACK + 5)))

    def get(_place, *, offset, per_page, **_query):
        rows = [{"id": number} for number in ids[offset : offset + per_page]]
        return Answer(rows, {"X-WP-Total": str(len(ids))})

    read, cursor, is_last = set(), "", False
    while not is_last:
        page = STAGES[0].read(SimpleNamespace(host="shop.example", get=get), None, cursor)
        read |= {row["id"] for row in page.rows}
        cursor, is_last = page.cursor, not page.cursor
        if page.rows:
            del ids[: PAGE_SIZE // 2]
    assert ids
    assert set(ids) <= read
