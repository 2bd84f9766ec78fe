"""ASGI application. It refuses to start with settings that are unsafe in production.

Django gathers a streamed file in memory under ASGI: set `FILES_LEAVE_BY=nginx`, or serve by WSGI.
"""

import os
from io import StringIO

from django.core.asgi import get_asgi_application
from django.core.management import call_command

from config.starting import stopping_in_words
from downloads.upgrades import pending_migrations

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
with stopping_in_words():
    application = get_asgi_application()
    call_command("check", stdout=StringIO())
    # With the first request: where this is read, a loop may run that no query may hold up.
    pending_migrations.reopen()
