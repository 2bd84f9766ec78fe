"""What Django asks an admin before each act, put to it directly: it is answered by the row's shop.

Most pages ask twice, by the rows they find and by these; here each of these stands alone.
"""

import pytest
from django.contrib import admin

from downloads.models import Role
from storefront.admin.base import permission_of
from storefront.staff.roles import PERMISSIONS
from tests.invariants.isolation.conftest import PEOPLE
from tests.invariants.isolation.routes import rows_of

VERBS = ("view", "add", "change", "delete")


def asked():
    """Yield every admin and every inline, with the model of the pages they stand on."""
    for model, model_admin in admin.site._registry.items():
        yield model_admin, model
        for inline in model_admin.inlines:
            yield inline(model, admin.site), model


@pytest.fixture
def request_of(rf, sign_in):
    def make(person):
        request = rf.get("/")
        request.user = sign_in(person).user
        return request

    return make


def allowed(request, shop):
    """Return what may be done on the pages of a shop's rows."""
    return {
        permission_of(each.model, verb)
        for each, model in asked()
        for row in rows_of(shop, model)
        for verb in VERBS
        if getattr(each, f"has_{verb}_permission")(request, row)
    }


@pytest.mark.parametrize("person", PEOPLE)
def test_nothing_may_be_done_to_a_row_of_theirs(theirs, request_of, person):
    assert allowed(request_of(person), theirs) == set()


def test_each_row_is_answered_by_the_role_in_its_own_shop(ours, third, request_of):
    request = request_of("support here, owner elsewhere")
    here, elsewhere = allowed(request, ours), allowed(request, third)
    assert here - PERMISSIONS[Role.SUPPORT] == set()
    assert elsewhere - PERMISSIONS[Role.OWNER] == set()
    # So that each of the four could fail.
    only_owners = {permission.partition(".")[2].split("_")[0] for permission in elsewhere - here}
    assert only_owners == set(VERBS)


@pytest.mark.parametrize("person", PEOPLE)
def test_a_list_is_named_to_those_alone_who_may_see_it(ours, request_of, person):
    request = request_of(person)
    for model, model_admin in admin.site._registry.items():
        named = model_admin.has_module_permission(request)
        assert named == request.user.has_perm(permission_of(model, "view")), model
