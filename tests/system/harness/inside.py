"""Answer the questions of a module, in a process of its own.

It reads questions from its input, one a line (a function's name and its arguments), and answers
each with a line.
"""

import json
import os
import sys
from importlib import import_module

import django

if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    django.setup()

    from django.db import connection

    questions = import_module(sys.argv[1])
    for line in sys.stdin:
        name, given = json.loads(line)
        sys.stdout.write(json.dumps(getattr(questions, name)(**given)) + "\n")
        sys.stdout.flush()
        # Kept, it would lie in the way of a database that stops or goes.
        connection.close()
