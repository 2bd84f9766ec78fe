"""Exit with a message, without a traceback, where settings forbid a start."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager

from django.core.exceptions import ImproperlyConfigured
from django.core.management.base import SystemCheckError

# gunicorn starts a process that ended over and over, unless it ended with this: "could not boot".
COULD_NOT_BOOT = 3


@contextmanager
def stopping_in_words() -> Iterator[None]:
    """Write to standard error what to set, and end the process."""
    try:
        yield
    except (ImproperlyConfigured, SystemCheckError) as error:
        sys.stderr.write(f"{error}\n")
        sys.exit(COULD_NOT_BOOT if "gunicorn" in sys.modules else 1)
