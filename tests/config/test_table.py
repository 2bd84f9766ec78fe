"""One table of settings, and what stands of it elsewhere."""

import re
from pathlib import Path

from django.conf import settings

from config.table import BOUNDS, DOCUMENT, TABLE, document

SETTINGS = (Path(settings.BASE_DIR) / "config" / "settings.py").read_text(encoding="utf-8")


def test_the_documented_table_is_this_one():
    """`make settings` writes it."""
    assert DOCUMENT.read_text(encoding="utf-8") == document()
    assert document().count("\n| `") == len(TABLE)


def test_each_setting_without_a_default_here_is_read_in_the_settings_and_no_other():
    computed = [name for name, row in TABLE.items() if row.default is None]
    assert sorted(re.findall(r'env\.\w+\(\s*"([A-Z_]+)"', SETTINGS)) == sorted(computed)
    # Defaults that stand there, shown as they are.
    shown = {name: row.shown for name, row in TABLE.items() if row.default is None}
    literal = {name: text for name, text in shown.items() if re.fullmatch(r"`[^`]+`", text)}
    assert literal == {
        "PUBLIC_BASE_URL": f"`{settings.LAPTOP_BASE_URL}`",
        "MAIL_FROM": f"`{settings.LAPTOP_MAIL_FROM}`",
        "DATA_DIR": "`var`",
        "LOG_LEVEL": "`INFO`",
    }


def test_every_number_is_held_to_bounds():
    """What is added later is not to be forgotten."""
    numbers = {name for name, row in TABLE.items() if type(row.default) is int}
    # Any number makes sense to those who read these.
    free = {"TRUSTED_PROXIES", "DATABASE_MAX_AGE_SECONDS", "DATABASE_TIMEOUT_SECONDS"}
    assert numbers - free == BOUNDS.keys()
    # No picture is smaller than that.
    assert {least for least, _most in BOUNDS.values()} == {0, 1, 10_000}


def test_what_0_switches_off_or_is_none_of_is_what_it_was():
    assert {name for name, (least, _most) in BOUNDS.items() if least == 0} == {
        *("STREAM_WAIT_SECONDS", "PASSWORDS_WAITING", "GIVE_BACK_BYTES", "GIVE_BACKS_PER_GRANT"),
        *("SHOP_STORAGE_BYTES", "DISK_RESERVE_BYTES", "KEPT_UPLOADS_PER_PERSON"),
        *("LEDGER_REFUSAL_SECONDS", "PLATFORM_RETRY_SECONDS", "KEY_GRACE_HOURS"),
        *("ENDED_TOKEN_DAYS", "RECONCILE_DAYS", "LOG_MAX_BYTES", "LOG_SAME_PER_MINUTE"),
        *("GRAPHQL_MAX_ALIASES", "GRAPHQL_MAX_DIRECTIVES", "RECONCILE_MINUTES"),
        *("INVITATION_MAILS_PER_HOUR", "TEST_MAILS_PER_HOUR"),
    }
