"""Where log lines go: to the console always, to a file unless a setting says otherwise."""

from pathlib import Path

import pytest

from config.logging import logging_to

ONE = Path("/nowhere/downloads.log")


def test_without_a_file_there_is_the_console_alone():
    described = logging_to(None, level="INFO")
    assert list(described["handlers"]) == ["console"]
    assert described["root"] == {"handlers": ["console"], "level": "INFO"}


def test_with_a_file_there_are_both():
    described = logging_to(ONE, level="INFO")
    assert described["root"]["handlers"] == ["console", "file"]
    assert described["handlers"]["file"]["filename"] == str(ONE)


@pytest.mark.parametrize("file", [None, ONE])
def test_every_handler_redacts_and_counts_repeats(file):
    for handler in logging_to(file, level="INFO")["handlers"].values():
        assert handler["formatter"] == "redacted"
        assert handler["filters"] == ["repeats", "request_id"]


def test_what_rotates_is_made_for_several_processes():
    handler = logging_to(ONE, level="INFO")["handlers"]["file"]
    assert handler["()"] == "config.log_files.SharedRotatingFileHandler"
    assert (handler["max_bytes"], handler["kept_files"]) == (50_000_000, 5)
