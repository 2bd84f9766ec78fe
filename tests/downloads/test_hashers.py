"""Passwords are hashed in a few threads of their own, whoever asks and however many."""

import os
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.contrib.auth.hashers import (
    PBKDF2PasswordHasher,
    check_password,
    identify_hasher,
    make_password,
)

from config import settings as configured
from downloads.errors import PasswordsBusy
from downloads.hashers import PasswordThreads

PASSWORD = "seventeen blue horses"
MANY = 24


@pytest.fixture
def threads(settings):
    settings.PASSWORDS_AT_ONCE, settings.PASSWORDS_WAITING = 4, MANY
    return PasswordThreads()


class Work:
    """Holds its thread until it is let go; knows how many ever ran at once."""

    def __init__(self):
        self.gate, self.has_begun, self.lock = (
            threading.Event(),
            threading.Event(),
            threading.Lock(),
        )
        self.running = self.most = 0
        self.by = set()

    def __call__(self):
        with self.lock:
            self.running += 1
            self.most = max(self.most, self.running)
            self.by.add(threading.current_thread().name)
        self.has_begun.set()
        assert self.gate.wait(timeout=60)
        with self.lock:
            self.running -= 1
        return "made"


def until_running(work, number):
    while work.running < number:
        work.has_begun.wait(timeout=0.01)


def test_never_more_are_hashed_at_once_than_the_setting_says(threads):
    work = Work()
    with ThreadPoolExecutor(MANY) as askers:
        asked = [askers.submit(threads.run, work) for _ in range(MANY)]
        until_running(work, 4)
        work.gate.set()
        assert [each.result() for each in asked] == ["made"] * MANY
    assert work.most == 4
    assert len(work.by) == 4
    assert all(name.startswith("password") for name in work.by)


def test_who_gets_no_turn_in_time_is_told_so_and_nothing_is_done(threads, settings):
    settings.PASSWORDS_AT_ONCE = 1
    work, late = Work(), []
    with ThreadPoolExecutor(1) as askers:
        first = askers.submit(threads.run, work)
        until_running(work, 1)
        settings.PASSWORD_WAIT_SECONDS = 0.01
        with pytest.raises(PasswordsBusy):
            threads.run(lambda: late.append("done"))
        work.gate.set()
        assert first.result() == "made"
    settings.PASSWORD_WAIT_SECONDS = 10
    assert threads.run(lambda: "made") == "made"
    assert late == []


def test_what_has_begun_is_waited_for(threads, settings):
    settings.PASSWORD_WAIT_SECONDS = 0.01
    work = Work()
    threading.Timer(0.1, work.gate.set).start()
    # A thread that is up and idle begins at once: the wait is for its turn alone.
    with ThreadPoolExecutor(1) as askers:
        asked = askers.submit(threads.run, work)
        until_running(work, 1)
        assert asked.result() == "made"


def test_few_may_wait_and_the_next_is_told_at_once(threads, settings):
    settings.PASSWORDS_AT_ONCE, settings.PASSWORDS_WAITING = 1, 1
    settings.PASSWORD_WAIT_SECONDS = 60
    work = Work()
    with ThreadPoolExecutor(2) as askers:
        asked = [askers.submit(threads.run, work) for _ in range(2)]
        while threads._taken < 2:
            work.has_begun.wait(timeout=0.01)
        with pytest.raises(PasswordsBusy):
            threads.run(work)
        work.gate.set()
        assert [each.result() for each in asked] == ["made"] * 2
    assert threads._taken == 0


def test_a_fault_frees_the_place(threads):
    for _ in range(3):
        with pytest.raises(ZeroDivisionError):
            threads.run(lambda: 1 // 0)
    assert threads._taken == 0


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system forks no processes")
@pytest.mark.filterwarnings("ignore:This process:DeprecationWarning")
def test_a_forked_process_hashes_in_threads_of_its_own(settings):
    settings.PASSWORD_HASHERS = configured.PASSWORD_HASHERS
    encoded = make_password(PASSWORD)
    child = os.fork()
    if not child:
        # Without threads of its own it would wait for ever: SIGALRM ends it then.
        import signal

        signal.alarm(20)
        os._exit(0 if check_password(PASSWORD, encoded) else 1)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0


def test_a_hash_of_before_is_checked_there_too(settings, monkeypatch):
    settings.PASSWORD_HASHERS = configured.PASSWORD_HASHERS
    settings.PASSWORDS_AT_ONCE = 1
    monkeypatch.setattr(PBKDF2PasswordHasher, "iterations", 1)
    by = []
    encode = PBKDF2PasswordHasher.encode

    def note(self, *given):
        by.append(threading.current_thread().name)
        return encode(self, *given)

    encoded = PBKDF2PasswordHasher().encode(PASSWORD, "salt" * 8)
    monkeypatch.setattr(PBKDF2PasswordHasher, "encode", note)
    assert check_password(PASSWORD, encoded)
    assert not check_password(PASSWORD + "!", encoded)
    assert by
    assert all(name.startswith("password") for name in by)
    assert identify_hasher(make_password(PASSWORD)).algorithm == "argon2"
