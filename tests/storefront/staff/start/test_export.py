"""The figures as CSV: within permissions, and harmless in a spreadsheet."""

import csv
from datetime import timedelta

import pytest
from django.utils import timezone

from tests.factories import ShopFactory
from tests.storefront.admin.rendered import ROLES, sign_in
from tests.storefront.staff.start.test_page import sell

FORMULA = '=HYPERLINK("https://example.com")'


def rows(answer):
    return list(csv.reader(answer.text.splitlines()))


@pytest.mark.parametrize("role", ROLES)
def test_each_day_of_a_period(django_app, shop, start, role):
    sell(shop, downloads=2, failed=1)
    sell(shop, days=6)
    sell(shop, days=7)
    sign_in(django_app, role, shop)
    start()
    head, *days = rows(django_app.get("/admin/figures/days.csv?days=7"))
    assert head == ["day", "orders", "downloads", "sent_bytes", "mails_failed"]
    today = timezone.localdate()
    assert [day[0] for day in days] == [
        str(today - timedelta(days=number)) for number in range(6, -1, -1)
    ]
    assert (days[-1][1:], days[0][1:]) == (["1", "2", "2000", "1"], ["1", "1", "1000", "0"])


def test_each_file_with_no_formula(django_app, shop, start):
    grant = sell(shop, downloads=2)
    type(grant.asset).objects.update(title=FORMULA)
    sell(ShopFactory())
    sign_in(django_app, "support", shop)
    start()
    answer = django_app.get("/admin/figures/files.csv?days=30")
    assert rows(answer)[1:] == [[f"'{FORMULA}", "2", "2000"]]
    assert answer.headers["Content-Disposition"].startswith('attachment; filename="files-')


@pytest.mark.parametrize("name", ["days", "files"])
def test_it_is_read_alone_and_by_staff_alone(django_app, shop, name):
    django_app.get(f"/admin/figures/{name}.csv", status=302)
    sign_in(django_app, "owner", shop)
    assert django_app.get(f"/admin/figures/{name}.csv?days=2", status=400)
