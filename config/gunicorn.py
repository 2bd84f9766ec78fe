"""gunicorn's configuration (`-c python:config.gunicorn`); options of its command win over it."""

worker_class = "config.workers.PatientWorker"
threads = 32
# An idle line ends after so many seconds (nginx.conf.template ends its own before that).
keepalive = 2
graceful_timeout = 30
# What the kernel sends by itself has no deadline.
sendfile = False
