"""Two thousand steps of random histories of people: `pytest tests/soak/people.py`.

On `DATABASE_URL` or SQLite. The tests take a few (`tests/invariants/people/test_random_people.py`).
"""

from tests.factories import NOW
from tests.invariants.people.walk import take_walks


def test_two_thousand_steps_end_as_the_book_says(db, frozen, settings):
    frozen(NOW)
    settings.ASKED_MAILS_PER_HOUR = settings.ASKED_MAILS_PER_SHOP_HOUR = 10**6
    take_walks(25, 30)
