"""A start that settings forbid ends with a sentence: of the server and of a command alike."""

import os
import re
import subprocess
import sys

import pytest
from django.conf import settings as configured

SOUND = {
    "PRODUCTION": "true",
    "PUBLIC_BASE_URL": "https://downloads.example",
    "EMAIL_URL": "smtp+tls://mail.example:587",
    "MAIL_FROM": "downloads@shop.example",
    "SECRET_KEY": "check-only-Zk3vQ8m1Xy7Rt5Lw9Bn2Pd4Gh6Js0Fc-aEuIoYq-Ke1Uw7",
    "ENCRYPTION_KEYS": "Y2hlY2stb25seS1ub3QtYS1zZWNyZXQtMDEyMzQ1Njc=",
}
SERVER = [sys.executable, "-c", "import gunicorn, config.wsgi"]


def start(command, folder, **given):
    return subprocess.run(
        command,
        cwd=configured.BASE_DIR,
        env=os.environ | {"DATA_DIR": str(folder)} | SOUND | given,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


# Each is a process of its own, which is what is to be shown: one of each kind.
@pytest.mark.parametrize(
    ("command", "given", "status", "said"),
    [
        (SERVER, {"DOWNLOAD_URL_SECONDS": "abc"}, 3, "DOWNLOAD_URL_SECONDS cannot be read"),
        (
            [sys.executable, "manage.py", "worker"],
            {"DATABASE_URL": "mysql://u:hush@h/d"},
            1,
            "DATABASE_URL cannot be read",
        ),
        pytest.param(
            SERVER,
            # As a copy of .env.example leaves them.
            {"SECRET_KEY": "", "ENCRYPTION_KEYS": " ", "EMAIL_URL": ""},
            3,
            r"E001\).*\n.*\n.*E008\).*\n.*\n.*E011\) Mail to buyers is printed",
            marks=pytest.mark.slow,
        ),
    ],
)
def test_a_start_is_refused_in_words(tmp_path, command, given, status, said):
    ended = start(command, tmp_path, **given)
    assert (ended.returncode, ended.stdout) == (status, "")
    assert re.search(said, ended.stderr)
    assert not re.search(r"Traceback|File \"|hush", ended.stderr)
