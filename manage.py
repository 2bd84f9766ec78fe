#!/usr/bin/env python
"""Run the product's commands; `manage.py help` lists them."""

import os
import sys

from django.core.management import execute_from_command_line

from downloads.actors import acting, command_line

if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    with acting(command_line()):
        execute_from_command_line(sys.argv)
