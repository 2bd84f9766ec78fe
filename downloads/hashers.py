"""Password hashers (Argon2id, PBKDF2), in a few threads of their own (bulkhead)."""

import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from threading import Lock
from typing import TypeVar

from django.conf import settings
from django.contrib.auth.hashers import Argon2PasswordHasher, PBKDF2PasswordHasher

from downloads.errors import PasswordsBusy

Made = TypeVar("Made")


class PasswordThreads:
    """Thread pool that hashes passwords in this process, `PASSWORDS_AT_ONCE` at once.

    A hash leaves its 19 MiB with the allocator of the thread that made it: 32 threads that answer
    requests would each keep them. Nor do strangers who guess hold all those threads: so many wait
    for a turn as `PASSWORDS_WAITING` says, and no longer than `PASSWORD_WAIT_SECONDS`. A semaphore
    in front of the requests' own threads would bound their number, not where the memory stays.
    """

    def __init__(self) -> None:
        self.forget()

    def forget(self) -> None:
        """Begin anew: a process that was forked has none of its parent's threads."""
        self._lock = Lock()
        self._threads: ThreadPoolExecutor | None = None
        self._size = self._taken = 0

    def run(self, work: Callable[[], Made]) -> Made:
        """Do a piece of work in one of the threads and return what it makes.

        Raises:
            PasswordsBusy: too many wait already, or no turn came in time. Nothing was done.
        """
        with self._lock:
            if self._taken >= settings.PASSWORDS_AT_ONCE + settings.PASSWORDS_WAITING:
                raise PasswordsBusy
            turn = self._started().submit(work)
            self._taken += 1
        try:
            return turn.result(timeout=settings.PASSWORD_WAIT_SECONDS)
        except TimeoutError:
            if turn.cancel():
                raise PasswordsBusy from None
            # It has begun: a slow machine's answer is one all the same.
            return turn.result()
        finally:
            with self._lock:
                self._taken -= 1

    def _started(self) -> ThreadPoolExecutor:
        size = settings.PASSWORDS_AT_ONCE
        if self._threads is None or self._size != size:
            if self._threads is not None:
                self._threads.shutdown(wait=False)
            self._threads, self._size = ThreadPoolExecutor(size, "password"), size
        return self._threads


password_threads = PasswordThreads()
if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=password_threads.forget)


class SparingArgon2(Argon2PasswordHasher):
    """Argon2id with 19 MiB, two passes and one lane: OWASP's first recommendation.

    Django's own default takes 100 MiB for each sign-in; 32 threads of strangers guessing would
    take all the memory a small machine has.
    """

    time_cost = 2
    memory_cost = 19 * 1024
    parallelism = 1

    def encode(self, password: str, salt: str) -> str:
        return password_threads.run(partial(super().encode, password, salt))

    def verify(self, password: str, encoded: str) -> bool:
        return password_threads.run(partial(super().verify, password, encoded))


class PatientPBKDF2(PBKDF2PasswordHasher):
    """Django's own, for hashes of before; its `verify` is one more `encode`."""

    def encode(self, password: str, salt: str, iterations: int | None = None) -> str:
        return password_threads.run(partial(super().encode, password, salt, iterations))
