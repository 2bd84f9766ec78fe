"""Counts how often the database is waited for: statements sent together are one round trip."""

from contextlib import contextmanager
from unittest import mock

from django.db import connection

from downloads import round_trips


class Trips:
    count = 0
    is_inside = False

    def send(self, *statements):
        self.count += 1
        self.is_inside = True
        try:
            return _send(*statements)
        finally:
            self.is_inside = False

    def note(self, execute, *statement):
        self.count += not self.is_inside
        return execute(*statement)


_send = round_trips.send


@contextmanager
def counted_round_trips():
    """Yield a count of the trips made within; that of a transaction's own words is not in it."""
    trips = Trips()
    with (
        mock.patch("downloads.round_trips.send", trips.send),
        mock.patch("downloads.prepared_statements.send", trips.send),
        connection.execute_wrapper(trips.note),
    ):
        yield trips
