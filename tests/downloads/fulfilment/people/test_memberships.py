"""Who works for a shop: invited once, never by accident above or below, never without an owner."""

from datetime import timedelta

import pytest
from django.contrib.auth.models import User
from django.db import IntegrityError

from downloads import fulfilment
from downloads.errors import BadInput, LinkSpent
from downloads.models import AuditEntry, Invitation, Membership, Role
from tests.factories import NOW, ShopFactory
from tests.racing import at_once

MAIL = "ada@example.com"
PASSWORD = "seventeen blue horses"
WEEK = timedelta(days=7)


@pytest.fixture
def shop(db):
    return ShopFactory(name="My store")


def invite(shop, email=MAIL, role=Role.SUPPORT, at=NOW):
    return fulfilment.memberships.invite(shop, email, role, at=at)


def employ(shop, name, role=Role.OWNER, **user):
    person, _ = User.objects.get_or_create(username=name, defaults={"is_staff": True} | user)
    return Membership.objects.create(shop=shop, user=person, role=role)


def roles():
    return {each.user.username: each.role for each in Membership.objects.select_related("user")}


def everything():
    tables = (Invitation, Membership, User, AuditEntry)
    return [list(table.objects.order_by("pk").values()) for table in tables]


# --- Inviting ------------------------------------------------------------------------------------


def test_an_invitation_keeps_the_hash_of_its_token_alone(shop, settings):
    settings.INVITATION_DAYS = 7
    invitation, token = invite(shop, " Ada@Example.com ")
    assert (invitation.email, invitation.role) == (MAIL, Role.SUPPORT)
    assert invitation.expires_at == NOW + WEEK
    assert token not in str(list(Invitation.objects.values()))
    assert fulfilment.memberships.require_invitation(token, at=NOW) == invitation


@pytest.mark.parametrize(
    "wrong", ["", "ada", "ada@", "ada@example.com\nx", "\u017fam@example.com", "a" * 140 + MAIL]
)
def test_what_is_no_address_is_not_invited(shop, wrong):
    before = everything()
    with pytest.raises(BadInput, match="Enter a mail address"):
        invite(shop, wrong)
    assert everything() == before


def test_inviting_again_ends_the_earlier_link(shop):
    _, earlier = invite(shop)
    later, token = invite(shop, role=Role.OWNER)
    with pytest.raises(LinkSpent):
        fulfilment.memberships.require_invitation(earlier, at=NOW)
    assert fulfilment.memberships.require_invitation(token, at=NOW) == later
    assert list(Invitation.objects.values_list("role", flat=True)) == [Role.OWNER]


def test_inviting_again_leaves_other_shops_and_addresses_alone(shop):
    others = [invite(shop, "grace@example.com"), invite(ShopFactory())]
    invite(shop)
    for invitation, token in others:
        assert fulfilment.memberships.require_invitation(token, at=NOW) == invitation


def test_whoever_left_can_be_invited_once_more(shop):
    _, token = invite(shop)
    member = fulfilment.memberships.accept_with_password(token, PASSWORD, at=NOW)
    employ(shop, "grace")
    fulfilment.memberships.remove_member(member)
    assert invite(shop)[0].accepted_at is None
    assert Invitation.objects.count() == 2


# --- Accepting -----------------------------------------------------------------------------------


def test_somebody_new_signs_in_with_the_address_and_has_the_role(shop, client):
    _, token = invite(shop, role=Role.MANAGER)
    member = fulfilment.memberships.accept_with_password(token, PASSWORD, at=NOW)
    assert roles() == {MAIL: Role.MANAGER}
    user = User.objects.get()
    assert (user.email, user.is_staff, user.is_superuser) == (MAIL, True, False)
    assert (member.shop, user.check_password(PASSWORD)) == (shop, True)
    entered = AuditEntry.objects.get(what="Accepted an invitation")
    assert (entered.shop_id, entered.after) == (shop.pk, {"role": Role.MANAGER})


def test_every_link_that_opens_nothing_is_answered_alike(shop):
    used, ended, withdrawn = (invite(shop, f"{name}@example.com")[1] for name in "abc")
    fulfilment.memberships.accept_with_password(used, PASSWORD, at=NOW)
    fulfilment.memberships.withdraw(Invitation.objects.filter(email="c@example.com"))
    before = everything()
    moments = {used: NOW, ended: NOW + WEEK, withdrawn: NOW, "never": NOW, "": NOW, "\0\ud800": NOW}
    for token, at in moments.items():
        with pytest.raises(LinkSpent):
            fulfilment.memberships.accept_with_password(token, PASSWORD, at=at)
        with pytest.raises(LinkSpent):
            fulfilment.memberships.accept_as(token, User.objects.get(), at=at)
    assert everything() == before


def test_an_invitation_works_until_its_last_moment(shop):
    _, token = invite(shop)
    fulfilment.memberships.accept_with_password(
        token, PASSWORD, at=NOW + WEEK - timedelta(seconds=1)
    )
    assert roles() == {MAIL: Role.SUPPORT}


@pytest.mark.parametrize("easy", ["short", "password", "ada@example.com", "12345678"[:7]])
def test_a_password_too_easy_to_guess_uses_nothing_up(shop, easy):
    _, token = invite(shop)
    before = everything()
    with pytest.raises(BadInput):
        fulfilment.memberships.accept_with_password(token, easy, at=NOW)
    assert everything() == before


@pytest.mark.parametrize("known", [{"username": "ADA@example.com"}, {"email": "Ada@Example.com"}])
def test_whoever_signs_in_already_needs_their_own_password(shop, known):
    user = User.objects.create_user(**({"username": "ada"} | known), is_staff=True)
    _, token = invite(shop)
    before = everything()
    with pytest.raises(BadInput, match="There is a sign-in with this address already"):
        fulfilment.memberships.accept_with_password(token, PASSWORD, at=NOW)
    assert everything() == before
    fulfilment.memberships.accept_as(token, user, at=NOW)
    assert roles() == {user.username: Role.SUPPORT}


def test_nobody_accepts_for_somebody_else(shop):
    _, token = invite(shop)
    other = User.objects.create_user("grace", "grace@example.com", is_staff=True)
    before = everything()
    with pytest.raises(BadInput, match="This invitation is for somebody else"):
        fulfilment.memberships.accept_as(token, other, at=NOW)
    assert everything() == before


@pytest.mark.parametrize(
    ("has", "invited", "then"),
    [
        (Role.SUPPORT, Role.OWNER, Role.OWNER),
        (Role.OWNER, Role.SUPPORT, Role.OWNER),
        (Role.MANAGER, Role.SUPPORT, Role.MANAGER),
        (Role.MANAGER, Role.OWNER, Role.OWNER),
    ],
)
def test_an_invitation_raises_a_role_and_never_lowers_it(shop, has, invited, then):
    member = employ(shop, MAIL, has)
    _, token = invite(shop, role=invited)
    fulfilment.memberships.accept_as(token, member.user, at=NOW)
    assert roles() == {MAIL: then}


# --- Roles ---------------------------------------------------------------------------------------


def test_a_role_is_changed_and_entered(shop):
    owner, member = employ(shop, "ada"), employ(shop, "grace", Role.SUPPORT)
    fulfilment.memberships.change_role(member, Role.OWNER)
    fulfilment.memberships.change_role(owner, Role.MANAGER)
    assert roles() == {"ada": Role.MANAGER, "grace": Role.OWNER}
    entered = AuditEntry.objects.filter(what="Changed a role").order_by("pk")
    assert [(each.before, each.after) for each in entered] == [
        ({"role": "support"}, {"role": "owner"}),
        ({"role": "owner"}, {"role": "manager"}),
    ]


def demote(member, **how):
    fulfilment.memberships.change_role(member, Role.MANAGER, **how)


@pytest.mark.parametrize("end", [fulfilment.memberships.remove_member, demote])
def test_the_last_owner_stays(shop, end):
    owner = employ(shop, "ada")
    employ(shop, "grace", Role.MANAGER)
    employ(shop, "asleep", is_active=False)
    employ(shop, "outside", is_staff=False)
    employ(ShopFactory(), "elsewhere")
    before = everything()
    with pytest.raises(BadInput, match="Without ada, My store has no owner"):
        end(owner)
    assert everything() == before
    end(owner, spares_last_owner=False)
    assert roles().get("ada") in {None, Role.MANAGER}


def test_an_owner_beside_another_is_removed(shop):
    owner, _ = employ(shop, "ada"), employ(shop, "grace")
    fulfilment.memberships.remove_member(owner)
    assert roles() == {"grace": Role.OWNER}
    fulfilment.memberships.remove_member(owner)
    assert AuditEntry.objects.filter(what="Removed a staff member").count() == 1


# --- At once -------------------------------------------------------------------------------------


@pytest.mark.django_db(transaction=True, serialized_rollback=True)
def test_an_invitation_is_accepted_exactly_once():
    _, token = invite(ShopFactory())

    def accept():
        try:
            fulfilment.memberships.accept_with_password(token, PASSWORD, at=NOW)
        except (LinkSpent, BadInput):
            return False
        return True

    assert sorted(at_once(*[accept] * 4)) == [False, False, False, True]
    assert roles() == {MAIL: Role.SUPPORT}
    assert AuditEntry.objects.filter(what="Accepted an invitation").count() == 1


@pytest.mark.django_db(transaction=True, serialized_rollback=True)
def test_of_two_shops_invitations_one_makes_the_sign_in():
    tokens = [invite(ShopFactory())[1] for _ in range(2)]

    def accept(token):
        try:
            fulfilment.memberships.accept_with_password(token, PASSWORD, at=NOW)
        except BadInput as error:
            return str(error), token
        return None

    [(said, refused)] = filter(None, at_once(*(lambda each=each: accept(each) for each in tokens)))
    assert said.startswith("There is a sign-in with this address already.")
    fulfilment.memberships.accept_as(refused, User.objects.get(), at=NOW)
    assert Membership.objects.count() == 2


@pytest.mark.django_db(transaction=True, serialized_rollback=True)
def test_two_owners_cannot_demote_each_other_at_once():
    shop = ShopFactory()
    owners = [employ(shop, "ada"), employ(shop, "grace")]

    def demote(member):
        try:
            fulfilment.memberships.change_role(member, Role.SUPPORT)
        except BadInput:
            return False
        return True

    done = at_once(*(lambda each=each: demote(each) for each in owners))
    assert sorted(done) == [False, True]
    assert sorted(roles().values()) == [Role.OWNER, Role.SUPPORT]


def test_a_sign_in_that_cannot_be_written_is_not_told_as_known(shop, monkeypatch):
    def fail(*_given):
        raise IntegrityError("what a trigger of the database says")

    _, token = invite(shop)
    with monkeypatch.context() as broken:
        broken.setattr("downloads.fulfilment.people.memberships._join", fail)
        with pytest.raises(IntegrityError):
            fulfilment.memberships.accept_with_password(token, PASSWORD, at=NOW)
    assert fulfilment.memberships.accept_with_password(token, PASSWORD, at=NOW).shop == shop


@pytest.mark.django_db(transaction=True, serialized_rollback=True)
def test_two_invitations_of_one_address_at_once_leave_one():
    shop = ShopFactory()
    tokens = [token for _row, token in at_once(*[lambda: invite(shop)] * 3)]
    assert len(set(tokens)) == 3
    assert Invitation.objects.count() == 1


@pytest.mark.django_db(transaction=True, serialized_rollback=True)
def test_whoever_signs_in_already_accepts_once_too(monkeypatch):
    _, token = invite(ShopFactory())
    user = User.objects.create_user(MAIL, is_staff=True)
    # Found open by each of them, before any has taken it.
    held = fulfilment.memberships.require_invitation(token, at=NOW)
    monkeypatch.setattr(
        "downloads.fulfilment.people.memberships.require_invitation", lambda *_, **__: held
    )

    def accept():
        try:
            fulfilment.memberships.accept_as(token, user, at=NOW)
        except LinkSpent:
            return False
        return True

    assert sorted(at_once(*[accept] * 3)) == [False, False, True]
    assert AuditEntry.objects.filter(what="Accepted an invitation").count() == 1
