"""Every page, button and action about another shop's row: answered as about none, to the byte.

Of the same answer: no word of theirs is in it, and no row of theirs has moved. Superusers see and
move those rows in the same columns (`test_roles.py`), so that each could fail. The owner who asks
worked for the other shop until they were removed: what they did there still lies in the log.

Also here: pages about no row; what Django asks an admin before each act, put to it directly (most
pages ask twice, by the rows they find and by these; here each stands alone); and who is made less
than they were, at their very next request.
"""

import pytest
from django.contrib import admin
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME

from downloads.models import Membership, Order, Role
from storefront.admin.base import permission_of
from storefront.staff.roles import PERMISSIONS
from tests.invariants.isolation.asking import answer_of, difference, leaks_of
from tests.invariants.isolation.conftest import EACH, PEOPLE, employ
from tests.invariants.isolation.routes import missing_key, routes, rows_of
from tests.invariants.isolation.shops import shop_models
from tests.invariants.isolation.table import MODELS, about, address, ask, columns, how_many, sample

OWNED = [model for model in MODELS if model in shop_models()]
# What answers to POST alone.
SAYS_NOTHING = {
    *("order_end_links", "order_release", "order_mail", "order_address", "order_send_once"),
    *("order_link", "order_note", "order_delete_note", "shop_test_mail"),
    *("grant_reset", "grant_allow_more", "grant_extend"),
    *("grant_withdraw", "grant_restore", "grant_undo"),
    *("order_dismiss", "order_count_again", "order_match", "customer_unmerge"),
    *("product_leave_out", "rule_move", "connection_look"),
    # A file, where a row was refused, and an act.
    *("message_replay", "message_fetch", "import_refused", "import_proceed"),
    # Colours and sizes.
    "shop_mail_sheet",
    # No entry is ever about one of these, and their titles are of kinds and times.
    *("downloads_downloadevent_history", "downloads_datarequest_history"),
}
VERBS = ("view", "add", "change", "delete")
named = pytest.mark.parametrize("model", OWNED, ids=lambda each: each.__name__)


# --- About a row of theirs -----------------------------------------------------------------------


@named
@pytest.mark.parametrize("person", EACH)
def test_another_shops_row_is_answered_as_one_that_is_not_there(
    theirs, staff, forms, watched, person, model
):
    told, none = {}, missing_key(model)
    for column in columns(model):
        if column.is_action or column.name in {"changelist", "add"}:
            continue
        rows = theirs.rows[model][:: max(1, len(theirs.rows[model]) - 1)]
        expected = about(staff[person], column, forms, rows[-1], key=none)
        # The last one differs in kind: made by hand, a file, set aside.
        for row in rows:
            cell = about(staff[person], column, forms, row, look=watched)
            assert not cell.is_moved, column
            if found := (
                difference(cell.answer, expected.answer) or leaks_of(cell.answer.text, theirs)
            ):
                told[str(column), row.pk] = found
    assert told == {}


@named
@pytest.mark.parametrize("person", EACH)
@pytest.mark.parametrize("beside", ["ours", pytest.param("none", marks=pytest.mark.slow)])
def test_no_action_meets_another_shops_rows(ours, theirs, staff, watched, beside, person, model):
    told, url = {}, address(model, "changelist")
    their, none = theirs.rows[model][0].pk, missing_key(model)
    chosen = [ours.rows[model][0].pk] if beside == "ours" else []
    actions = [each for each in columns(model) if each.is_action]
    for column in actions if beside == "none" else actions[1:] or actions:
        sent = column.form(None, theirs.rows[model][0])
        with_none = sent | {ACTION_CHECKBOX_NAME: [none, *chosen]}
        with_theirs = sent | {ACTION_CHECKBOX_NAME: [their, *chosen]}
        on_all = sent | {"select_across": "1"}
        expected = ask(staff[person], url, with_none, none)
        cells = [
            ask(staff[person], url, each, their, look=watched) for each in (with_theirs, on_all)
        ]
        assert not any(cell.is_moved for cell in cells), column
        found = difference(cells[0].answer, expected.answer)
        if found := found + [mark for cell in cells for mark in leaks_of(cell.answer.text, theirs)]:
            told[column.name] = found
    assert told == {}


# --- About no row, or our own --------------------------------------------------------------------


@pytest.mark.parametrize("person", EACH)
@how_many
def test_no_page_of_ours_says_a_word_of_theirs(ours, theirs, staff, share, person):
    told = {}
    about_rows = [route for route in routes() if route.is_of_row]
    for route in {*routes()} - {*about_rows} | {*sample(about_rows, share, Order, 20)}:
        rows = rows_of(ours, route.model)[-1:] if route.is_of_row else [None]
        for url in (route.url(row and row.pk) for row in rows):
            answer = answer_of(staff[person].get(url))
            if leaks_of(answer.text, theirs):
                told[url] = [line for line in answer.text.splitlines() if leaks_of(line, theirs)]
    assert told == {}


@pytest.mark.slow
def test_superusers_see_the_marks_on_each_page_about_a_row(theirs, boss):
    bare = [
        route.name
        for route in routes()
        if route.is_of_row and rows_of(theirs, route.model) and route.name not in SAYS_NOTHING
        for row in rows_of(theirs, route.model)[-1:]
        for answer in [answer_of(boss.get(route.url(row.pk)), row.pk)]
        # Nobody may delete some.
        if answer.status != 403 and not leaks_of(answer.text, theirs)
    ]
    assert bare == []


def test_who_works_for_no_shop_sees_no_list_at_all(staff):
    for model in MODELS:
        assert staff["of no shop"].get(address(model, "changelist")).status_code == 403, model


# --- What Django asks ----------------------------------------------------------------------------


def pages():
    """Yield every admin and every inline, with the model of the pages they stand on."""
    for model, model_admin in admin.site._registry.items():
        yield model_admin, model
        for inline in model_admin.inlines:
            yield inline(model, admin.site), model


@pytest.fixture
def request_of(rf, staff):
    def make(person):
        request = rf.get("/")
        request.user = staff[person].user
        return request

    return make


def allowed(request, shop):
    """Return what may be done on the pages of a shop's rows."""
    return {
        permission_of(each.model, verb)
        for each, model in pages()
        for row in rows_of(shop, model)
        for verb in VERBS
        if getattr(each, f"has_{verb}_permission")(request, row)
    }


@pytest.mark.parametrize("person", PEOPLE)
def test_nothing_may_be_done_to_a_row_of_theirs(theirs, request_of, person):
    assert allowed(request_of(person), theirs) == set()


def test_each_row_is_answered_by_the_role_in_its_own_shop(ours, third, request_of):
    request = request_of("support")
    here, elsewhere = allowed(request, ours), allowed(request, third)
    assert here - PERMISSIONS[Role.SUPPORT] == set()
    assert elsewhere - PERMISSIONS[Role.OWNER] == set()
    # So that each of the four could fail.
    only_owners = {permission.partition(".")[2].split("_")[0] for permission in elsewhere - here}
    assert only_owners == set(VERBS)


@pytest.mark.parametrize("person", PEOPLE)
def test_a_list_is_named_to_those_alone_who_may_see_it(request_of, person):
    request = request_of(person)
    for model, model_admin in admin.site._registry.items():
        is_named = model_admin.has_module_permission(request)
        assert is_named == request.user.has_perm(permission_of(model, "view")), model


# --- Who was more --------------------------------------------------------------------------------


@pytest.fixture
def employed(staff, theirs):
    """The first owner, who owns the other shop again."""
    client = staff["owner"]
    client.member = employ(client.user, theirs)
    assert leaks_of(client.get(address(Order, "changelist")).content.decode(), theirs)
    return client


def test_a_member_who_was_removed_sees_nothing_at_the_next_request(theirs, employed):
    employed.member.delete()
    for url in (address(Order, "changelist"), "/admin/"):
        assert leaks_of(answer_of(employed.get(url)).text, theirs) == []


def test_a_member_who_is_made_support_has_the_keys_no_more(theirs, employed):
    Membership.objects.filter(user=employed.user).update(role=Role.SUPPORT)
    for name in ("storefrontkey", "secretkey", "webhooksecret", "platformaccess", "customertoken"):
        assert employed.get(f"/admin/storefront/{name}/").status_code == 403
    assert employed.get(address(Order, "changelist")).status_code == 200
    url = address(Order, "delete", theirs.rows[Order][1].pk)
    assert employed.post(url, {"post": "yes"}).status_code == 403


@pytest.mark.parametrize("bereft", ["is_staff", "is_active"])
def test_who_is_no_staff_any_more_is_shown_the_door(employed, bereft):
    type(employed.user).objects.filter(pk=employed.user.pk).update(**{bereft: False})
    response = employed.get(address(Order, "changelist"))
    assert (response.status_code, response["Location"][:13]) == (302, "/admin/login/")
