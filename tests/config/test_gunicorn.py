"""How many processes and threads serve, and that a command may say otherwise."""

import os
import subprocess
import sys

import pytest
from django.conf import settings

SHOWN = ("import config.gunicorn as it; print(it.workers, it.threads)",)
CORES = min(os.cpu_count() or 1, 2)


@pytest.mark.slow  # settings are read once in a process
@pytest.mark.parametrize(
    ("given", "shown"),
    [
        ({}, "1 32"),
        ({"CACHE_URL": "redis://127.0.0.1:6379/0"}, f"{CORES} 32"),
        ({"WORKERS": "3", "THREADS": "8"}, "3 8"),
    ],
)
def test_processes_are_several_where_they_count_together(given, shown):
    command = [sys.executable, "-c", *SHOWN]
    environment = os.environ | {"CACHE_URL": "", "WORKERS": "", "THREADS": ""} | given
    done = subprocess.run(
        command, env=environment, cwd=settings.BASE_DIR, capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == shown


@pytest.mark.slow
def test_what_cannot_be_read_is_said_in_words():
    command = [sys.executable, "-c", *SHOWN]
    environment = os.environ | {"THREADS": "many"}
    done = subprocess.run(
        command, env=environment, cwd=settings.BASE_DIR, capture_output=True, text=True, check=False
    )
    assert done.returncode != 0
    assert "THREADS" in done.stderr
    assert "Traceback" not in done.stderr
