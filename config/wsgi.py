"""WSGI application. It refuses to start with settings that are unsafe in production."""

import gc
import os
from io import StringIO

from django.core.management import call_command
from django.core.wsgi import get_wsgi_application

from config.server.signals import disconnect_idle_receivers
from config.server.warm_up import warm_up
from config.starting import stopping_in_words
from downloads.upgrades import pending_migrations
from storefront.http.bodies import ClosesUnread

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
with stopping_in_words():
    application = ClosesUnread(get_wsgi_application())
    call_command("check", stdout=StringIO())
    pending_migrations.check_at_start()
    disconnect_idle_receivers()
    warm_up(application)

# What is loaded by now is never garbage: looking through it cost tens of milliseconds, in the
# midst of a request.
gc.collect()
gc.freeze()
