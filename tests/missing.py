"""What a test does where a program it needs is not installed."""

import os
from typing import NoReturn

import pytest


def do_without(program: str) -> NoReturn:
    """Skip the test; in CI, where everything is installed, fail it."""
    if os.environ.get("CI") == "true":
        pytest.fail(f"{program} is not installed")
    pytest.skip(f"{program} is not installed")
