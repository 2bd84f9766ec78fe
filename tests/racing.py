"""Work done by several threads at the same moment, each with a connection of its own."""

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

from django.db import connection


def at_once(*works: Callable[[], object]) -> list[object]:
    """Do all of it at the same moment; return what each came to, in turn."""
    barrier = threading.Barrier(len(works))

    def start(work: Callable[[], object]) -> object:
        try:
            barrier.wait(timeout=30)
            return work()
        finally:
            connection.close()

    with ThreadPoolExecutor(len(works)) as pool:
        return list(pool.map(start, works))
