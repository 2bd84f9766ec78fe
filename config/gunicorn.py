"""gunicorn's configuration (`-c python:config.gunicorn`); options of its command win over it."""

import os
from typing import Any

from django.conf import settings

from config.log_repeats import CountsRepeats
from config.starting import stopping_in_words

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
with stopping_in_words():
    workers, threads = settings.WORKERS, settings.THREADS
worker_class = "config.server.workers.PatientWorker"
# One queue of connections for all processes: none waits for the one that is busy, or has died.
reuse_port = False
# An idle line ends after so many seconds (nginx.conf.template ends its own before that).
keepalive = 2
graceful_timeout = 30
# What the kernel sends by itself has no deadline.
sendfile = False


def post_worker_init(worker: Any) -> None:
    """Count what gunicorn itself says of requests that are none, after the first few lines."""
    worker.log.error_log.addFilter(CountsRepeats(settings.LOG_SAME_PER_MINUTE))
