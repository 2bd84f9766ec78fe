#!/usr/bin/env python
"""Run the product's commands; `manage.py help` lists them."""

import os
import sys

from django.conf import settings
from django.core.management import execute_from_command_line

from config.starting import stopping_in_words
from downloads.audit.actors import acting, command_line

if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    with stopping_in_words(), acting(command_line()):
        # Some of Django's own commands would begin without settings, and fail over that.
        _ = settings.INSTALLED_APPS
        execute_from_command_line(sys.argv)
