"""Who is told of messages that were set aside, and how often."""

from datetime import timedelta
from functools import partial

import pytest
from django.contrib.auth.models import User

from downloads import fulfilment
from downloads.models import Mail, Membership, Message, Role
from tests.factories import NOW, MessageFactory, ShopFactory
from tests.racing import at_once

DAY = timedelta(days=1)
SECOND = timedelta(seconds=1)


@pytest.fixture
def shop(db):
    """Ada owns it, grace manages it, eve answers its buyers, one has no address, one is gone."""
    shop = ShopFactory()
    join(shop, "ada@example.com", Role.OWNER)
    join(shop, "grace@example.com", Role.MANAGER)
    join(shop, "eve@example.com", Role.SUPPORT)
    join(shop, "", Role.OWNER)
    join(shop, "gone@example.com", Role.OWNER, is_active=False)
    return shop


def join(shop, email, role, **values):
    name = f"{email or 'mute'} of {shop.pk}"
    user = User.objects.create_user(name, email=email, is_staff=True, **values)
    Membership.objects.create(shop=shop, user=user, role=role)


def set_aside(shop, *, at=NOW):
    return MessageFactory(shop=shop, state=Message.State.SET_ASIDE, due_at=at)


def mailed(shop):
    mails = Mail.objects.filter(shop=shop, kind=Mail.Kind.SET_ASIDE).order_by("pk")
    return list(mails.values_list("email", flat=True))


def test_who_may_mend_it_is_mailed(shop):
    set_aside(shop)
    assert fulfilment.warn_of_set_aside(at=NOW) == 2
    assert mailed(shop) == ["ada@example.com", "grace@example.com"]


def test_a_shop_is_told_of_its_own_alone(shop):
    other = ShopFactory()
    join(other, "other@example.com", Role.OWNER)
    set_aside(other)
    fulfilment.warn_of_set_aside(at=NOW)
    assert (mailed(shop), mailed(other)) == ([], ["other@example.com"])


@pytest.mark.parametrize("state", sorted(set(Message.State) - {Message.State.SET_ASIDE}))
def test_nobody_is_told_of_what_is_not_set_aside(shop, state):
    MessageFactory(shop=shop, state=state, due_at=NOW)
    assert fulfilment.warn_of_set_aside(at=NOW) == 0


def test_what_was_told_of_is_not_told_again(shop):
    set_aside(shop)
    counts = [fulfilment.warn_of_set_aside(at=NOW + days * DAY) for days in range(4)]
    assert counts == [2, 0, 0, 0]


def test_what_is_new_is_told_of_the_next_day(shop):
    set_aside(shop)
    fulfilment.warn_of_set_aside(at=NOW)
    set_aside(shop, at=NOW + SECOND)
    assert fulfilment.warn_of_set_aside(at=NOW + DAY - SECOND) == 0
    assert fulfilment.warn_of_set_aside(at=NOW + DAY) == 2


def test_it_waits_for_an_address(db):
    shop = ShopFactory()
    set_aside(shop)
    assert fulfilment.warn_of_set_aside(at=NOW) == 0
    join(shop, "late@example.com", Role.OWNER)
    assert fulfilment.warn_of_set_aside(at=NOW + SECOND) == 1


def test_who_has_two_names_gets_one_mail(shop):
    user = User.objects.create_user("ada again", email="ada@example.com", is_staff=True)
    Membership.objects.create(shop=shop, user=user, role=Role.MANAGER)
    set_aside(shop)
    assert fulfilment.warn_of_set_aside(at=NOW) == 2


@pytest.mark.slow
@pytest.mark.django_db(transaction=True, serialized_rollback=True)
def test_two_workers_at_once_send_one(shop):
    set_aside(shop)
    at_once(*[partial(fulfilment.warn_of_set_aside, at=NOW)] * 2)
    assert len(mailed(shop)) == 2
