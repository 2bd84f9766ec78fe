"""A connection's deadlines, on a pair of sockets."""

import socket

import pytest
from gunicorn.http.errors import NoMoreData

from config.server.lines import ExpectedBody, PatientSocket, Waiting
from tests.storefront.http.asking import CountedInput


@pytest.fixture
def ends():
    ours, theirs = socket.socketpair()
    with ours, theirs:
        yield ours, theirs


@pytest.fixture
def line(ends):
    return PatientSocket(ends[0], waiting=Waiting(8))


def test_what_has_come_is_read_however_late_it_is(line, ends, settings):
    settings.BODY_SECONDS = 0
    ends[1].sendall(b"late")
    assert line.recv(9) == b"late"
    assert line.gettimeout() is None


def test_a_body_that_does_not_come_is_given_up(line, settings):
    settings.BODY_SECONDS = 0
    with pytest.raises(NoMoreData):
        line.recv(9)


def test_a_steady_body_has_longer_than_one_that_drips(line, ends, settings):
    settings.BODY_SECONDS, settings.BODY_BYTES_PER_SECOND = 0, 100
    ends[1].sendall(b"x" * 60_000)
    assert len(line.recv(60_000)) == 60_000
    line.settimeout(0.01)
    # Ten minutes more are due: it is the asker's own patience that ends.
    with pytest.raises((TimeoutError, NoMoreData)):
        line.recv(1)
    assert line.gettimeout() == 0.01


def test_a_client_that_does_not_read_has_hung_up(line, ends, settings):
    settings.STREAM_SEND_SECONDS = 0.01
    with pytest.raises(BrokenPipeError):
        line.sendall(b"x" * 10_000_000)


def test_more_than_half_is_a_crowd():
    waiting = Waiting(4)
    with waiting.one() as first, waiting.one() as second, waiting.one() as third:
        assert (first, second, third) == (False, False, True)
    with waiting.one() as again:
        assert not again


def test_a_body_is_asked_for_once_and_by_its_reader_alone():
    said = []
    body = ExpectedBody(CountedInput(b"a\nb"), lambda: said.append(100))
    assert (body.taken, said) == (0, [])
    assert (body.readline(), body.read(), said) == (b"a\n", b"b", [100])
