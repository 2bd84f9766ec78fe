"""The admin as a browser without script sends it: every field of the form that was rendered."""

from functools import cached_property

from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse
from webtest import Upload
from webtest.forms import Hidden

from downloads.models import Membership

ROLES = ("support", "manager", "owner", "superuser")


def sign_in(app, role, shop):
    """Sign somebody in who has this role in a shop, and return them."""
    user = User.objects.create_user(
        f"rendered-{role}@example.com", is_staff=True, is_superuser=role == "superuser"
    )
    if role != "superuser":
        Membership.objects.create(shop=shop, user=user, role=role)
    client = Client()
    client.force_login(user)
    app.set_cookie("sessionid", client.cookies["sessionid"].value)
    return user


def address(model, verb, *keys):
    return reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_{verb}", args=keys)


def form_of(page, model):
    """Return the main form of an add or a change page."""
    return page.forms[f"{model._meta.model_name}_form"]


def can_save(page, model):
    return "_save" in form_of(page, model).fields


def enter(form, values):
    """Type, tick and choose; what is chosen by script is put in as the script does."""
    for name, value in values.items():
        if isinstance(value, bool):
            form[name].checked = value
        else:
            form[name].force_value(value if isinstance(value, Upload) else str(value))


def add_row(form, prefix, **values):
    """Do what “Add another” does: a copy of the empty row, numbered, with the defaults it has."""
    total = form[f"{prefix}-TOTAL_FORMS"]
    number, empty = int(total.value), f"{prefix}-__prefix__-"
    total.force_value(str(number + 1))
    for name in [name for name in form.fields if name and name.startswith(empty)]:
        own = name.removeprefix(empty)
        value = values.pop(own, form[name].value or "")
        field = Hidden(form, "input", f"{prefix}-{number}-{own}", len(form.field_order), str(value))
        form.fields[field.name] = [field]
        form.field_order.append((field.name, field))
    assert values == {}, "No such field in the empty row."


def save(form, **values):
    """Send a form; return where it led, the errors that can be read, and the notes on the page."""
    enter(form, values)
    return Answer(form.submit("_save"))


def press(page, form, label):
    """Press a button that sends the form elsewhere than the page, with all that it holds."""
    button = page.html.find("input", {"type": "submit", "value": label})
    return Answer(page.test_app.post(button["formaction"], form.submit_fields()))


class Answer:
    """What an answer says; the page that it leads to is fetched only if it is looked at."""

    def __init__(self, answer):
        self.answer = answer
        self.status = answer.status_int
        shown = [] if self.status == 302 else answer.html.select(".errornote, .errorlist li")
        self.has_errors = any(each.name == "p" for each in shown)
        self.errors = [each.get_text() for each in shown if each.name == "li"]

    @cached_property
    def page(self):
        return self.answer.follow() if self.status == 302 else self.answer

    @property
    def notes(self):
        return [note.get_text() for note in self.page.html.select(".messagelist li")]
