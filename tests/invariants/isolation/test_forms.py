"""Forms: no choice of another shop is offered or taken, and no name that it uses is taken up.

Each is sent as the browser renders it, with a row of theirs chosen and then in the same words with
one that is not there: the two answers are one, and no row of theirs has moved. The first test sends
the same forms about our own rows, so that the rest could fail.
"""

import pytest
from django import forms as django_forms
from django.contrib import admin

from downloads.models import Asset, Invitation, Order, Product
from tests.invariants.isolation.asking import answer_of, difference, form_on, leaks_of
from tests.invariants.isolation.routes import missing_key
from tests.invariants.isolation.table import (
    FRESH,
    INSIDE,
    MODELS,
    POINTS_TO,
    Forms,
    address,
    ask,
    how_many,
    inside,
    sample,
    typed,
    words,
)

inside_pages = pytest.mark.parametrize(("model", "prefix"), INSIDE, ids=str)


@pytest.fixture
def owner(staff):
    return staff["owner"]


@pytest.fixture
def forms(built, owner):
    """What the owner's browser sends of each page's form."""
    return built[0][2].__dict__.setdefault("of_owner", Forms(owner))


@pytest.fixture
def addable(owner, rf):
    """The models of which the owner may add a row."""
    request = rf.get("/")
    request.user = owner.user
    return [model for model in MODELS if admin.site._registry[model].has_add_permission(request)]


def pointers(client, model, url):
    """Return which fields of a form point to a shop's rows, with the model of those."""
    form = client.get(url).context["adminform"].form
    return {
        name: field.queryset.model
        for name, field in form.fields.items()
        if isinstance(field, django_forms.ModelChoiceField)
    }


@pytest.mark.slow
def test_an_owner_adds_to_their_own_shop_so_that_the_rest_could_fail(ours, owner, forms, addable):
    for model in addable:
        added = []
        cell = ask(
            owner,
            address(model, "add"),
            forms.new(model, ours),
            look=lambda models, model=model, to=added: to.append(model.objects.count()),
        )
        assert (cell.answer.errors, added[:1]) == ([], [model.objects.count() + 1]), model
    assert {Order, Product, Asset, Invitation} <= set(addable)


@pytest.mark.slow
def test_a_row_of_theirs_is_chosen_as_little_as_one_that_is_not_there(
    ours, theirs, owner, forms, addable, watched
):
    told = {}
    for model in addable:
        whole, url = forms.new(model, ours), address(model, "add")
        for name, target in pointers(owner, model, url).items():
            if target not in theirs.rows:
                continue
            their, none = theirs.rows[target][0].pk, missing_key(target)
            expected = ask(owner, url, whole | {name: none}, none)
            cell = ask(owner, url, whole | {name: their}, their, look=watched)
            assert (cell.answer.status, cell.is_moved) == (200, False)
            found = difference(cell.answer, expected.answer) + leaks_of(cell.answer.text, theirs)
            # Nor where the form comes filled in.
            expected = answer_of(owner.get(f"{url}?{name}={none}"), none)
            answer = answer_of(owner.get(f"{url}?{name}={their}"), their)
            if found := found + difference(answer, expected) + leaks_of(answer.text, theirs):
                told[model._meta.label, name] = found
    assert told == {}


@pytest.mark.slow
@inside_pages
@pytest.mark.parametrize("verb", ["add", "change"])
def test_nor_in_a_row_inside_a_page(ours, theirs, owner, forms, watched, model, prefix, verb):
    target, page = POINTS_TO[prefix], ours.rows[model][-1]
    url = address(model, verb, *([page.pk] if verb == "change" else []))
    whole = forms.new(model, ours) if verb == "add" else forms.on(url)
    # The last one: the page points to the first already, and takes none twice.
    our = ours.rows[target][-1].pk
    assert ask(owner, url, whole | inside(model, prefix, our)).answer.status == 302
    their, none = theirs.rows[target][-1].pk, missing_key(target)
    expected = ask(owner, url, whole | inside(model, prefix, none), none)
    cell = ask(owner, url, whole | inside(model, prefix, their), their, look=watched)
    assert (cell.answer.status, cell.is_moved) == (200, False)
    assert difference(cell.answer, expected.answer) + leaks_of(cell.answer.text, theirs) == []


@pytest.mark.slow
@pytest.mark.parametrize("initial", ["0", "1"])
@inside_pages
def test_a_row_inside_their_page_is_not_changed_from_ours(
    ours, theirs, owner, forms, watched, model, prefix, initial
):
    inner, page = INSIDE[model, prefix][0], ours.rows[model][-1]
    their, none = theirs.rows[inner][0].pk, missing_key(inner)
    url = address(model, "change", page.pk)
    whole = forms.on(url) | inside(model, prefix, ours.rows[POINTS_TO[prefix]][0].pk)

    def send(key, its_page):
        named = {"id": key, model._meta.model_name: its_page, "DELETE": "on"}
        sent = {f"{prefix}-0-{name}": value for name, value in named.items()}
        sent |= {f"{prefix}-INITIAL_FORMS": initial}
        return ask(owner, url, whole | sent, key, its_page, look=watched)

    for its_page in (page.pk, theirs.rows[model][0].pk):
        expected, cell = send(none, its_page), send(their, its_page)
        assert not cell.is_moved
        found = difference(cell.answer, expected.answer)
        assert found + leaks_of(cell.answer.text, theirs) == []


def shape(cell):
    """Return what an answer to a whole form tells of the names in it."""
    return cell.answer.status, len(cell.answer.messages), "errornote" in cell.answer.body


@pytest.mark.slow
def test_what_they_call_theirs_is_free_for_us(ours, theirs, owner, forms, addable, watched):
    for model in addable:
        sent = [forms.new(model, ours, own) for own in (FRESH, words(theirs.name, theirs.first))]
        cells = [ask(owner, address(model, "add"), each, look=watched) for each in sent]
        assert shape(cells[0]) == shape(cells[1]), model
        assert not any(cell.is_moved for cell in cells), model


@pytest.mark.slow
@how_many
def test_nor_does_a_change_run_into_theirs(ours, theirs, owner, watched, share):
    for model in sample((each for each in MODELS if each in ours.rows), share, Order, 7):
        url = address(model, "change", ours.rows[model][-1].pk)
        page = owner.get(url)
        form, cells = form_on(page), []
        for own in (FRESH, words(theirs.name, theirs.first)) if page.status_code == 200 else ():
            values = typed(model, own)
            sent = form | {name: values[name] for name in form.keys() & values.keys()}
            cells.append(ask(owner, url, sent, look=watched))
        assert len({shape(cell) for cell in cells}) <= 1, model
        assert not any(cell.is_moved for cell in cells), model


def test_every_row_inside_a_page_that_can_be_added_is_tried():
    added = {
        (model, inline.model._meta.get_field(model._meta.model_name).remote_field.related_name)
        for model, model_admin in admin.site._registry.items()
        for inline in model_admin.inlines
        if "autocomplete_fields" in vars(inline) or inline.max_num
    }
    assert added <= set(INSIDE), "Say in INSIDE what such a row points to."
