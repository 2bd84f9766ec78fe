"""`manage.py staff`: the ways back in for whoever cannot sign in, from the command line."""

from argparse import ArgumentParser
from typing import Any

from django.contrib.auth import get_user_model
from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from downloads import fulfilment
from downloads.audit.actors import acting, command_line
from downloads.audit.entries import enter_audit
from downloads.errors import BadInput
from storefront.staff import lockout, passwords, two_factor
from storefront.staff.mailed.links import link_minutes
from storefront.staff.session_list import end_sessions

WAYS = {
    "unlock": "let them try again at once, after too many wrong passwords or codes",
    "mail-password": "mail a link by which they choose a password, once",
    "password": "print a link by which they choose a password, once",
    "remove-second-factor": "for who has lost the telephone and the recovery codes",
    "end-sessions": "sign them out everywhere",
}


class Command(BaseCommand):
    help = "Help somebody of the staff who cannot sign in."

    def add_arguments(self, parser: ArgumentParser) -> None:
        ways = parser.add_subparsers(dest="way", required=True)
        for way, words in WAYS.items():
            ways.add_parser(way, help=words).add_argument("name", help="as they sign in")

    def handle(self, *, way: str, name: str, **options: Any) -> None:
        user = get_user_model()._default_manager.filter(username=name).first()
        if user is None:
            raise CommandError(f"Nobody signs in as {name}.")
        with acting(command_line()):
            self.stdout.write(_go(way, user))


def _go(way: str, user: Any) -> str:
    match way:
        case "unlock":
            unlocked = lockout.unlock(user, at=timezone.now())
            return f"{user} {'may try again.' if unlocked else 'was not locked.'}"
        case "mail-password":
            return _mail(user)
        case "password":
            return _link(user)
        case "remove-second-factor":
            removed = two_factor.reset(user)
            return f"{user} {'signs in without one now.' if removed else 'had none.'}"
        case _:
            return f"{end_sessions(user)} sessions of {user} ended."


def _mail(user: Any) -> str:
    try:
        mail = fulfilment.mail_password_link(user, at=timezone.now())
    except BadInput as error:
        raise CommandError(f"{user} gets no mail. {error}") from None
    enter_audit("Mailed a link to choose a password", row=user)
    return (
        f"A link is on its way to {mail.email}, once the worker runs. It works once, within "
        f"{link_minutes()} minutes."
    )


def _link(user: Any) -> str:
    if not (user.is_active and user.is_staff):
        raise CommandError(f"The link would not work: {user} may not sign in.")
    return (
        f"{passwords.make_link(user)}\nSend it to {user} and to nobody else: whoever opens it "
        f"chooses the password. It works once, within {passwords.link_hours()} hours."
    )
