import re

import pytest
from django.contrib.auth.models import User
from django.test import Client

from downloads import fulfilment
from downloads.models import Invitation, Mail, Membership, Role
from tests.factories import NOW, ShopFactory

MEMBERS, INVITATIONS = "/admin/downloads/membership/", "/admin/downloads/invitation/"
LAST = "Without {}, {} has no owner who can sign in. Make somebody else an owner first."
MAIL = "new@example.com"


@pytest.fixture
def shop(db):
    return ShopFactory(name="My store")


def employ(shop, name, role=Role.OWNER):
    person, _ = User.objects.get_or_create(username=name, defaults={"is_staff": True})
    return Membership.objects.create(shop=shop, user=person, role=role)


def sign_in(member):
    client = Client()
    client.force_login(member.user)
    return client


def owner_of(shop, name="ada"):
    return sign_in(employ(shop, name))


def change(client, member, role):
    return client.post(f"{MEMBERS}{member.pk}/change/", {"role": role}, follow=True)


def delete(client, url, *rows):
    if len(rows) == 1:
        return client.post(f"{url}{rows[0].pk}/delete/", {"post": "yes"}, follow=True)
    picked = {"_selected_action": [row.pk for row in rows], "post": "yes"}
    return client.post(url, {"action": "delete_selected"} | picked, follow=True)


def roles(shop):
    return dict(Membership.objects.filter(shop=shop).values_list("user__username", "role"))


# --- Members -------------------------------------------------------------------------------------


def test_an_owner_changes_a_role_and_removes_a_member(shop):
    client = owner_of(shop)
    bob, eve = employ(shop, "bob", Role.SUPPORT), employ(shop, "eve", Role.SUPPORT)
    change(client, bob, Role.MANAGER)
    delete(client, MEMBERS, eve)
    assert roles(shop) == {"ada": "owner", "bob": "manager"}


def test_nobody_is_added_without_being_asked(shop, staff):
    for client in (owner_of(shop), staff):
        assert client.get(f"{MEMBERS}add/").status_code == 403
        assert client.post(f"{MEMBERS}add/", {"role": "owner"}).status_code == 403


def test_a_member_stays_who_and_where_they_are(shop):
    other, bob = ShopFactory(), employ(shop, "bob", Role.SUPPORT)
    moved = {"role": "support", "shop": other.pk, "user": User.objects.create_user("x").pk}
    owner_of(shop).post(f"{MEMBERS}{bob.pk}/change/", moved)
    assert (bob.shop, bob.user.username) == (shop, "bob")
    bob.refresh_from_db()
    assert (bob.shop, bob.user.username) == (shop, "bob")


def test_the_last_owner_stays_and_it_is_said_why(shop, messages_of):
    ada = employ(shop, "ada")
    employ(shop, "bob", Role.MANAGER)
    client, said = sign_in(ada), [LAST.format("ada", "My store")]
    assert messages_of(change(client, ada, Role.SUPPORT)) == said
    assert messages_of(delete(client, MEMBERS, ada)) == said
    assert roles(shop) == {"ada": "owner", "bob": "manager"}


def test_all_owners_at_once_stay(shop, messages_of):
    owners = [employ(shop, "ada"), employ(shop, "bob")]
    response = delete(sign_in(owners[0]), MEMBERS, *owners)
    assert [said for said in messages_of(response) if "no owner" in said] == [
        LAST.format("bob", "My store")
    ]
    assert len(messages_of(response)) == 1
    assert roles(shop) == {"ada": "owner", "bob": "owner"}


def test_a_superuser_takes_the_last_owner_away(shop, staff):
    ada = employ(shop, "ada")
    change(staff, ada, Role.SUPPORT)
    assert roles(shop) == {"ada": "support"}
    delete(staff, MEMBERS, ada)
    assert roles(shop) == {}


@pytest.mark.slow
def test_the_list_tells_nothing_of_other_shops(shop):
    other = ShopFactory(name="Elsewhere")
    bob = employ(shop, "bob", Role.SUPPORT)
    employ(other, "bob", Role.OWNER)
    stranger = employ(other, "stranger")
    client = owner_of(shop)
    own = [f"{bob.pk}/{page}/" for page in ("change", "delete", "history")]
    for path in ("", "?q=bob", "?q=stranger", *own):
        response = client.get(MEMBERS + path)
        assert response.status_code == 200
        text = response.content.decode()
        assert [word for word in ("Elsewhere", ">stranger<", "auth/user") if word in text] == []
    for path in ("change", "delete", "history"):
        assert client.get(f"{MEMBERS}{stranger.pk}/{path}/").status_code == 302
    change(client, stranger, Role.SUPPORT)
    delete(client, MEMBERS, stranger)
    assert roles(other) == {"bob": "owner", "stranger": "owner"}


@pytest.mark.parametrize("role", [Role.SUPPORT, Role.MANAGER])
def test_staff_below_an_owner_see_no_staff(shop, role):
    client, ada = sign_in(employ(shop, "bob", role)), employ(shop, "ada")
    for path in (MEMBERS, INVITATIONS, f"{INVITATIONS}add/"):
        assert client.get(path).status_code == 403
    change(client, ada, Role.SUPPORT)
    assert roles(shop) == {"bob": role, "ada": "owner"}


# --- Invitations ---------------------------------------------------------------------------------


def invite(client, shop, role="manager", email=MAIL):
    return client.post(f"{INVITATIONS}add/", {"shop": shop.pk, "email": email, "role": role})


def link_in(response):
    return re.search(r"<code>http://localhost:8000(/invitations/\S+?)</code>",
                     response.content.decode())[1]  # fmt: skip


def test_an_owner_invites_by_a_link_that_is_shown_once(shop):
    client = owner_of(shop)
    response = invite(client, shop, email=" New@Example.com")
    path = link_in(response)
    assert response["Cache-Control"] == "no-store, private"
    chosen = {"password": "seventeen blue horses", "again": "seventeen blue horses"}
    assert Client().post(path, chosen).status_code == 200
    assert roles(shop) == {"ada": "owner", MAIL: "manager"}
    row = Invitation.objects.get()
    for page in ("", f"{row.pk}/change/"):
        text = client.get(f"{INVITATIONS}{page}").content.decode()
        assert MAIL in text
        assert path.rpartition("/")[2] not in text


@pytest.mark.parametrize("reaches", [True, False])
def test_an_invitation_is_mailed_and_its_link_shown_all_the_same(shop, settings, reaches):
    if reaches:
        settings.EMAIL_BACKEND = "storefront.mail.smtp_backend.EmailBackend"
    text = invite(owner_of(shop), shop).content.decode()
    assert Mail.objects.filter(kind=Mail.Kind.INVITATION, email=MAIL, shop=shop).count() == 1
    assert ("It is on its way to" in text, "/invitations/" in text) == (reaches, True)


def test_inviting_again_ends_the_earlier_link(shop):
    client = owner_of(shop)
    earlier, later = link_in(invite(client, shop)), link_in(invite(client, shop, "support"))
    assert Client().get(earlier).status_code == 404
    assert Client().get(later).status_code == 200
    assert Invitation.objects.get().role == "support"


def test_what_is_no_address_is_refused(shop, errors_of):
    response = invite(owner_of(shop), shop, email="\u017fam@example.com")
    assert response.status_code == 200
    assert errors_of(response)
    assert not Invitation.objects.exists()


def test_an_owner_invites_to_no_other_shop(shop):
    other = ShopFactory(name="Elsewhere")
    employ(other, "ada", Role.MANAGER)
    client = sign_in(employ(shop, "ada"))
    assert invite(client, other).status_code == 200
    assert "Elsewhere" not in client.get(f"{INVITATIONS}add/").content.decode()
    assert not Invitation.objects.exists()


def test_an_invitation_is_withdrawn(shop):
    client = owner_of(shop)
    path = link_in(invite(client, shop))
    delete(client, INVITATIONS, Invitation.objects.get())
    assert not Invitation.objects.exists()
    assert Client().get(path).status_code == 404


def test_one_that_was_accepted_is_not_withdrawn(shop, messages_of):
    client = owner_of(shop)
    row, token = fulfilment.memberships.invite(shop, MAIL, "owner", at=NOW)
    fulfilment.memberships.accept_with_password(token, "seventeen blue horses", at=NOW)
    response = delete(client, INVITATIONS, row)
    assert messages_of(response) == [
        f"The invitation of {MAIL} is accepted already. Look under Staff members."
    ]
    assert Invitation.objects.exists()


def test_the_list_says_what_became_of_each(shop, frozen):
    frozen(NOW)
    client = owner_of(shop)
    fulfilment.memberships.invite(shop, "open@example.com", "support", at=NOW)
    fulfilment.memberships.invite(shop, "ended@example.com", "support", at=NOW.replace(year=2025))
    _, token = fulfilment.memberships.invite(shop, "accepted@example.com", "support", at=NOW)
    fulfilment.memberships.accept_with_password(token, "seventeen blue horses", at=NOW)
    for state in ("open", "ended", "accepted"):
        page = client.get(f"{INVITATIONS}?state={state}")
        assert [row.email for row in page.context["cl"].result_list] == [f"{state}@example.com"]
        assert f'<td class="field-state" data-label="State">{state}</td>' in page.content.decode()


def test_an_invitation_stays_as_it_was_made(shop):
    client = owner_of(shop)
    row, _ = fulfilment.memberships.invite(shop, MAIL, "support", at=NOW)
    changed = {"shop": shop.pk, "email": MAIL, "role": "owner"}
    assert client.post(f"{INVITATIONS}{row.pk}/change/", changed).status_code == 403
    assert Invitation.objects.get().role == "support"


def test_a_shop_with_staff_and_invitations_can_be_deleted(shop, staff):
    employ(shop, "ada")
    _, token = fulfilment.memberships.invite(shop, MAIL, "owner", at=NOW)
    fulfilment.memberships.accept_with_password(token, "seventeen blue horses", at=NOW)
    delete(staff, "/admin/downloads/shop/", shop)
    assert not Membership.objects.exists()


@pytest.mark.slow
@pytest.mark.parametrize("url", [MEMBERS, INVITATIONS])
def test_a_long_list_asks_no_more_than_a_short_one(shop, django_assert_max_num_queries, url):
    client, counts = owner_of(shop), []
    client.get(url)
    for start in (0, 10):
        for number in range(start, start + 5):
            employ(shop, f"member {number}", Role.SUPPORT)
            fulfilment.memberships.invite(shop, f"m{number}@example.com", "support", at=NOW)
        with django_assert_max_num_queries(20) as queries:
            client.get(url)
        counts.append(len(queries))
    assert counts[0] == counts[1]
