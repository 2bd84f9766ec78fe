"""Lines that strangers can cause: the first ones, and then a number."""

import logging
import re
import threading

import pytest

from config import gunicorn, log_repeats
from config.log_repeats import CountsRepeats
from config.logging import logging_to

LATER = 60


@pytest.fixture
def counts(monkeypatch):
    """Return a filter that lets three lines a minute pass, and whose timers wait to be run."""
    monkeypatch.setattr(log_repeats.atexit, "register", lambda deed: None)
    waiting = []

    def later(seconds, deed, args, kwargs):
        waiting.append(lambda: deed(*args, **kwargs))
        return threading.Thread()

    monkeypatch.setattr(log_repeats.threading, "Timer", later)
    counts = CountsRepeats(3)
    counts.waiting = waiting
    return counts


@pytest.fixture
def told(counts):
    """Return a function that logs lines through the filter, and what came out of it so far."""
    out = []
    handlers = []

    class Keeps(logging.Handler):
        def emit(self, record):
            out.append(record.getMessage())

    def log(name, *lines, level=logging.WARNING, at=0.0, **facts):
        logger = logging.getLogger(name)
        if not any(each is logger for each, _handler in handlers):
            handler = Keeps()
            handler.addFilter(counts)
            logger.addHandler(handler)
            handlers.append((logger, handler))
        for text, *args in lines:
            made = {"name": name, "levelno": level, "msg": text, "args": tuple(args)}
            logger.handle(logging.makeLogRecord(made | {"created": at} | facts))
        return out

    yield log
    for logger, handler in handlers:
        logger.removeHandler(handler)


def missing(count, first=0):
    return [("%s: %s", "Not Found", f"/{number}") for number in range(first, first + count)]


def test_the_first_are_written_and_the_others_told_by_their_number(told, counts):
    assert told("django.request", *missing(1000), status_code=404) == [
        *("Not Found: /0", "Not Found: /1", "Not Found: /2"),
    ]
    [tell] = counts.waiting
    tell()
    assert told("django.request")[3:] == ["997 more like this within a minute: Not Found: /0"]


def test_the_next_minute_begins_anew_and_tells_the_last(told):
    told("django.request", *missing(5))
    assert told("django.request", *missing(1, 9), at=LATER)[3:] == [
        "2 more like this within a minute: Not Found: /0",
        "Not Found: /9",
    ]


def test_what_was_told_is_not_told_again(told, counts):
    told("django.request", *missing(5))
    counts.report_all()
    [tell] = counts.waiting
    tell()
    counts.report_all()
    assert len(told("django.request")) == 4


def test_few_are_written_as_they_are(told, counts):
    assert len(told("django.request", *missing(3))) == 3
    counts.report_all()
    assert len(told("django.request")) == 3


def test_kinds_are_counted_apart(told):
    for status in (404, 401, 503):
        told("django.request", *missing(5), status_code=status)
    told("django.security.csrf", *missing(5))
    told("storefront.http.errors", *missing(5), level=logging.ERROR)
    assert len(told("django.request")) == 15


def test_texts_that_hold_their_values_are_one_kind(told):
    lines = [(f"Invalid HTTP_HOST header: 'evil{number}.example'.",) for number in range(9)]
    assert len(told("django.security.DisallowedHost", *lines, level=logging.ERROR)) == 3


def test_a_fault_is_never_held_back(told):
    fault = (ValueError, ValueError("bug"), None)
    lines = [("Internal Server Error: %s", "/")] * 9
    assert len(told("django.request", *lines, level=logging.ERROR, exc_info=fault)) == 9


def test_what_no_request_causes_is_never_held_back(told):
    assert len(told("storefront.management.loops", *missing(9))) == 9


def test_what_was_wrong_with_a_request_needs_no_traceback(told, counts):
    record = logging.makeLogRecord(
        {"name": "django.security.DisallowedHost", "exc_info": (ValueError, ValueError(), None)}
    )
    assert counts.filter(record)
    assert record.exc_info is None


def test_0_holds_nothing_back(told, counts):
    counts.per_minute = 0
    assert len(told("django.request", *missing(9))) == 9


def test_a_line_is_counted_once_however_many_handlers_it_has(counts):
    records = [logging.makeLogRecord({"name": "django.request", "msg": "x"}) for _ in range(5)]
    passed = [[counts.filter(record), counts.filter(record)] for record in records]
    assert passed == [[True, True]] * 3 + [[False, False]] * 2


def test_threads_at_once_are_counted_each(told, counts):
    def crowd():
        for _ in range(100):
            facts = {"name": "django.request", "levelno": 30, "created": 1.0}
            counts.filter(logging.makeLogRecord(facts))

    threads = [threading.Thread(target=crowd) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    told("django.request")
    counts.report_all()
    assert told("django.request") == ["797 more like this within a minute: "]


def test_gunicorn_is_held_to_it_too():
    class Worker:
        class log:  # noqa: N801 (gunicorn's name)
            error_log = logging.Logger("gunicorn.error")

    gunicorn.post_worker_init(Worker)
    [held] = Worker.log.error_log.filters
    assert (type(held), held.per_minute) == (CountsRepeats, 20)
    assert logging_to(None, level="INFO")["filters"]["repeats"]["per_minute"] == 20


@pytest.mark.slow
@pytest.mark.django_db
def test_requests_of_scanners_write_next_to_nothing(client, settings, tmp_path):
    """A 404 wrote 105 bytes, and a wrong host 1,043, before they were counted."""
    import logging.config

    log = tmp_path / "downloads.log"
    settings.ALLOWED_HOSTS = ["testserver"]
    described = logging_to(log, level="INFO")
    described["root"]["handlers"] = ["file"]
    described["filters"]["repeats"]["per_minute"] = 1
    del described["handlers"]["console"]
    # Others hang handlers of their own there, for the whole run.
    held = list(logging.root.handlers)
    try:
        logging.config.dictConfig(described)
        for number in range(20):
            client.get(f"/wp-{number}.php")
            client.get("/", headers={"host": f"evil{number}.example"})
        [handler] = [each for each in logging.getLogger().handlers if hasattr(each, "max_bytes")]
        handler.filters[0].report_all()
        lines = log.read_text().splitlines()
        kinds = [re.search(r"(\d+ more|Not Found|Invalid HTTP_HOST)", line)[0] for line in lines]
        assert kinds == ["Not Found", "Invalid HTTP_HOST", "19 more", "19 more"]
        assert len(log.read_bytes()) < 1000
    finally:
        logging.config.dictConfig(settings.LOGGING)
        logging.root.handlers[:] = held
