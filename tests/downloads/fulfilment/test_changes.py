from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from downloads.fulfilment.changes import fetched_at_of, rank, rank_of_order
from downloads.models import Customer, Order, Product
from tests.downloads.reported import BUYER, line_report, order_report
from tests.factories import NOW

moments = st.datetimes(timezones=st.sampled_from([UTC, timezone(timedelta(hours=-11))]))
stages = st.tuples(st.integers(0, 4), st.integers(0, 4))


@given(moments, moments, stages, stages, st.text(), st.text())
def test_a_later_moment_stands_whatever_else_is_said(at, other, stage, other_stage, said, unsaid):
    first = rank(at, *stage, content=said)
    second = rank(other, *other_stage, content=unsaid)
    if at != other:
        assert (first > second) == (at > other)
    elif stage != other_stage:
        assert (first > second) == (stage > other_stage)
    else:
        assert (first == second) == (said == unsaid)


def test_a_moment_is_the_same_in_every_zone():
    paris = NOW.astimezone(timezone(timedelta(hours=1)))
    assert rank(paris, content=1) == rank(NOW, content=1)


@pytest.mark.parametrize("microseconds", [1, 999_999, 1_000_000])
def test_a_microsecond_is_enough(microseconds):
    later = NOW + timedelta(microseconds=microseconds)
    assert rank(later, 0, content="a") > rank(NOW, 9, content="b")


def test_a_stage_decides_before_the_content_does():
    contents = [str(number) for number in range(20)]
    least = min(rank(NOW, 1, content=content) for content in contents)
    assert least > max(rank(NOW, 0, content=content) for content in contents)


@pytest.mark.parametrize("content", ["\0", "\ud800", "é", None, BUYER, line_report(), ()])
def test_any_content_has_its_rank(content):
    assert rank(NOW, content=content) == rank(NOW, content=content)
    assert rank(NOW, content=content) != rank(NOW, content="other")


def test_equal_amounts_of_other_digits_are_told_apart_alike():
    first, second = (rank(NOW, content=Decimal(text)) for text in ("10", "10.00"))
    assert first != second


@pytest.mark.parametrize(
    ("model", "field"),
    [
        (Order, "reported_rank"),
        (Order, "buyer_rank"),
        (Product, "described_rank"),
        (Customer, "described_rank"),
    ],
)
def test_the_longest_rank_fits_its_column(model, field):
    longest = rank(datetime.max.replace(tzinfo=UTC), 1, 4, content="")
    assert len(f"2 7 {longest}") <= model._meta.get_field(field).max_length


def test_a_rank_kept_before_there_were_digests_is_passed_by_any_of_the_same_moment():
    assert rank(NOW, 0, 0, content="") > NOW.isoformat(timespec="microseconds")


@pytest.mark.parametrize("microseconds", [1, 999_999, 1_000_000])
def test_a_rank_names_when_its_report_was_fetched_and_a_later_fetch_stands(microseconds):
    later = NOW + timedelta(microseconds=microseconds)
    sent, first, second = (rank_of_order(order_report(fetched_at=at)) for at in (None, NOW, later))
    assert (fetched_at_of(sent), fetched_at_of(first), fetched_at_of(second)) == (None, NOW, later)
    assert sent < first < second
