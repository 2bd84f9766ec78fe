"""`manage.py create_shop`: a new merchant's shop, and the invitation of its owner."""

import json
import sys
from argparse import ArgumentParser
from typing import Any

from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError
from django.db import IntegrityError, transaction
from django.utils import timezone

from downloads import fulfilment
from downloads.audit.actors import acting, command_line
from downloads.errors import BadInput
from downloads.management.arguments import words_of
from downloads.models import Invitation, Plan, Role, Shop
from storefront.pages.invitations import invitation_url

# The database's times come in UTC, whatever TIME_ZONE says.
MOMENT = "%Y-%m-%d %H:%M UTC"
NAMED = ("name", "plan", "support")
NAME_LENGTH = Shop._meta.get_field("name").max_length
OPTIONS = {"domain": "DOMAIN", "name": "--name", "plan": "--plan", "support": "--support"}
SUPPORT = "Where do customers get help? A mail address or an https page; empty for none: "
TAKEN = (
    "There is a shop {domain} already. To invite an owner to it: "
    "manage.py create_shop {domain} --owner {owner} --invite-again"
)


class Command(BaseCommand):
    help = "Make a shop, and a link by which its owner signs in for the first time."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("domain", help="the shop's own domain, like my-store.example")
        parser.add_argument("--owner", required=True, metavar="MAIL", help="whom to invite")
        parser.add_argument("--name", help="as customers know the shop (its domain)")
        parser.add_argument("--plan", help="what the shop may use (premium)")
        parser.add_argument(
            "--support",
            metavar="MAIL|URL",
            help="where customers get help: on pages and in mails (asked for at a terminal)",
        )
        parser.add_argument(
            "--invite-again",
            action="store_true",
            help="for a shop there is: invite an owner, and end the open invitations of owners",
        )
        parser.add_argument(
            "--mail",
            action="store_true",
            help="mail the link to the owner, too; the worker sends it",
        )
        parser.add_argument("--json", action="store_true", help="print one JSON object alone")

    def handle(self, *, domain: str, owner: str, invite_again: bool, **options: Any) -> None:
        make = _known_shop if invite_again else _new_shop
        if options["support"] is None and not invite_again and not options["json"]:
            options["support"] = _ask_support()
        named = {name: options[name] for name in NAMED if options[name] is not None}
        try:
            with acting(command_line()), transaction.atomic():
                shop = make(domain, owner=owner, **named)
                _end_open(shop)
                invited = fulfilment.memberships.invite(shop, owner, Role.OWNER, at=timezone.now())
                if options["mail"]:
                    fulfilment.mail_invitation(*invited, at=timezone.now())
        except BadInput as error:
            raise CommandError(f"--owner: {error}") from None
        report = self._report_json if options["json"] else self._report
        report(shop, *invited)

    def _report(self, shop: Shop, invitation: Invitation, token: str) -> None:
        self.stdout.write(invitation_url(token))
        self.stdout.write(
            f"Send this link to {invitation.email} and to nobody else: whoever opens it owns "
            f"{shop.domain}. It can be used once, until {invitation.expires_at:{MOMENT}}, and is "
            "not shown again."
        )

    def _report_json(self, shop: Shop, invitation: Invitation, token: str) -> None:
        result = {
            "shop": shop.domain,
            "owner": invitation.email,
            "invitation_url": invitation_url(token),
            "expires_at": invitation.expires_at.isoformat(),
        }
        self.stdout.write(json.dumps(result))


def _ask_support() -> str | None:
    """Ask whoever sits at a terminal; a script is asked nothing."""
    return input(SUPPORT).strip() if sys.stdin.isatty() else None


def _new_shop(domain: str, *, owner: str, plan: str | None = None, **named: str) -> Shop:
    if Shop.objects.filter(domain=domain).exists():
        raise CommandError(TAKEN.format(domain=domain, owner=owner))
    plans = list(Plan.objects.values_list("name", flat=True))
    if plan is not None and plan not in plans:
        raise CommandError(f"--plan: there is no plan {plan!r}. There are: {', '.join(plans)}.")
    name, support = named.get("name", domain[:NAME_LENGTH]), named.get("support", "")
    shop = Shop(domain=domain, name=name, support=support)
    if plan is not None:
        shop.plan_id = plan
    try:
        # Of two commands at the same moment one comes too late: the database says which.
        shop.full_clean(exclude=None if "name" in named else ["name"], validate_unique=False)
        with transaction.atomic():
            shop.save()
    except ValidationError as error:
        raise CommandError(words_of(error, OPTIONS)) from None
    except IntegrityError:
        if not Shop.objects.filter(domain=domain).exists():
            raise
        raise CommandError(TAKEN.format(domain=domain, owner=owner)) from None
    return shop


def _known_shop(domain: str, *, owner: str, **named: str) -> Shop:
    if named:
        raise CommandError("--name, --plan and --support are for a new shop: leave them out.")
    shop = Shop.objects.filter(domain=domain).first()
    if shop is None:
        raise CommandError(f"There is no shop {domain}. Leave --invite-again out to make it.")
    return shop


def _end_open(shop: Shop) -> None:
    fulfilment.lock_shop(shop)
    fulfilment.memberships.withdraw(Invitation.objects.filter(shop=shop, role=Role.OWNER))
