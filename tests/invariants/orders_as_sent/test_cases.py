"""Orders as real shops send them end right: heard, heard in any order, and asked for."""

import copy
import io
import itertools

import pytest
from django.core.management import call_command
from django.db import transaction

from downloads.errors import BadInput
from tests.invariants.messages.conftest import apply_now
from tests.invariants.messages.lattice import undone
from tests.invariants.messages.life import Sent
from tests.invariants.orders_as_sent.cases import CASES, GENERIC, SHOPIFY, WOO
from tests.invariants.orders_as_sent.conftest import mailed, open_shop, require_ends
from tests.invariants.reconciliation.conftest import give_access
from tests.invariants.reconciliation.shopify import ShopifyShop
from tests.invariants.reconciliation.woocommerce import WooShop

SEVERAL = [case for case in CASES if len(case.said) > 1]
ASKED = [case for case in CASES if case.platform != GENERIC]
STANDINS = {SHOPIFY: ShopifyShop, WOO: WooShop}


@pytest.mark.django_db
@pytest.mark.parametrize("case", CASES, ids=str)
def test_a_case_ends_right_through_the_signed_door(case, post):
    shop = open_shop(case.platform)
    post(shop, case.platform, case.said)
    require_ends(shop, case)
    if case.mailed is not None:
        assert mailed(shop) == case.mailed


@pytest.mark.django_db
@pytest.mark.parametrize("case", [case for case in SEVERAL if case.carries_times], ids=str)
def test_a_case_ends_right_in_every_order_of_its_messages(case):
    shop = open_shop(case.platform)
    for messages in itertools.permutations(case.said):
        with undone():
            hear(shop, case, messages)
            require_ends(shop, case)


@pytest.mark.django_db
@pytest.mark.parametrize("case", ASKED, ids=str)
def test_a_case_ends_right_once_the_platform_was_asked(case, settings):
    """In the order sent, backwards, and where no message ever came."""
    settings.ALLOW_PRIVATE_PLATFORMS = True
    settings.PLATFORM_RETRY_SECONDS = 0
    shop = open_shop(case.platform)
    with STANDINS[case.platform]() as standin:
        standin.orders |= case.truth
        give_access(shop, case.platform, standin.address)
        for messages in (case.said, case.said[::-1], *([] if case.has_past else [()])):
            with undone():
                hear(shop, case, messages)
                out = io.StringIO()
                call_command("reconcile", "--all", "--shop", shop.domain, stdout=out)
                assert "could not be read" not in out.getvalue()
                require_ends(shop, case)


def hear(shop, case, messages):
    """Apply messages without the door; one that came before its order waits until the end."""
    early = []
    for place, message in enumerate(messages):
        sent = Sent(message.topic, copy.deepcopy(message.payload), f"{case}-{place}")
        if case.platform == GENERIC:
            sent = Sent(sent.topic, {"type": sent.topic, "data": sent.payload}, sent.id)
        if not _is_applied(shop, case, sent):
            early.append(sent)
    for sent in early:
        _is_applied(shop, case, sent)


def _is_applied(shop, case, sent):
    try:
        with transaction.atomic():
            apply_now(shop, sent, platform=case.platform)
    except BadInput as error:
        return not str(error).endswith("has not come yet.")
    return True
