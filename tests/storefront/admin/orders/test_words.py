"""Moments and programs, as an order's page writes them."""

from datetime import timedelta

import pytest

from storefront.admin.orders.words import moment_text, program_text
from tests.factories import NOW


@pytest.mark.parametrize(
    ("ago", "words"),
    [
        (timedelta(0), "Today, 12:00"),
        (timedelta(hours=12), "Today, 00:00"),
        (timedelta(hours=13), "Yesterday, 23:00"),
        (timedelta(days=2), "27 Feb 2026, 12:00"),
    ],
)
def test_a_moment_is_told_as_people_say_it(ago, words):
    assert moment_text(NOW - ago, now=NOW) == words


@pytest.mark.parametrize(
    ("user_agent", "words"),
    [
        ("Mozilla/5.0 (Android 14; Mobile; rv:132.0) Firefox/132.0", "Firefox on Android"),
        (
            "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) "
            "Chrome/130.0.0.0 Safari/537.36 Edg/130.0.0.0",
            "Edge on Windows",
        ),
        (
            "Mozilla/5.0 (iPhone; CPU iPhone OS 18_1 like Mac OS X) AppleWebKit/605.1.15 "
            "(KHTML, like Gecko) Version/18.1 Mobile/15E148 Safari/604.1",
            "Safari on iPhone",
        ),
        ("curl/8.5.0", "curl/8.5.0"),
        ("", ""),
        ("x" * 300, "x" * 39 + "…"),
    ],
)  # fmt: skip
def test_a_program_is_named_as_its_user_would(user_agent, words):
    assert program_text(user_agent) == words
