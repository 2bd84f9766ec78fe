"""What a column is called where its field gives it no name of its own, in the reader's language."""

from django.apps import apps
from django.db.models import Field, Model
from django.utils.translation import gettext_lazy, gettext_noop

# As Django makes them of the fields' names; to the migrations they stay names of nobody's choice.
NAMES = frozenset(
    (
        gettext_noop("added"),
        gettext_noop("address"),
        gettext_noop("allowed origins"),
        gettext_noop("at"),
        gettext_noop("attempts"),
        gettext_noop("canceled"),
        gettext_noop("closes at"),
        gettext_noop("created at"),
        gettext_noop("currency"),
        gettext_noop("customer"),
        gettext_noop("domain"),
        gettext_noop("email"),
        gettext_noop("error"),
        gettext_noop("file name"),
        gettext_noop("first name"),
        gettext_noop("grand total"),
        gettext_noop("hold"),
        gettext_noop("inherits lifetime"),
        gettext_noop("inherits limit"),
        gettext_noop("kind"),
        gettext_noop("language"),
        gettext_noop("last name"),
        gettext_noop("link"),
        gettext_noop("logo"),
        gettext_noop("name"),
        gettext_noop("opened at"),
        gettext_noop("order"),
        gettext_noop("page text"),
        gettext_noop("page title"),
        gettext_noop("payment"),
        gettext_noop("plan"),
        gettext_noop("platform id"),
        gettext_noop("position"),
        gettext_noop("product"),
        gettext_noop("product number"),
        gettext_noop("program"),
        gettext_noop("quantity"),
        gettext_noop("rate per minute"),
        gettext_noop("revoked at"),
        gettext_noop("role"),
        gettext_noop("sealed"),
        gettext_noop("sealed key"),
        gettext_noop("shop"),
        gettext_noop("state"),
        gettext_noop("status"),
        gettext_noop("tag"),
        gettext_noop("tags"),
        gettext_noop("title"),
        gettext_noop("topic"),
        gettext_noop("updated at"),
        gettext_noop("user"),
        gettext_noop("variant name"),
        gettext_noop("vendor"),
        gettext_noop("what"),
        gettext_noop("withdrawn at"),
    )
)


def name_columns(*labels: str) -> None:
    """Have the columns of these apps' models called in the language of whoever reads of them."""
    for label in labels:
        for model in apps.get_app_config(label).get_models():
            for field in _unnamed(model):
                field.verbose_name = gettext_lazy(field.name.replace("_", " "))


def _unnamed(model: type[Model]) -> list[Field]:
    own = [field for field in model._meta.get_fields() if isinstance(field, Field)]
    return [
        field
        for field in own
        if field.verbose_name == field.name.replace("_", " ") and field.verbose_name in NAMES
    ]
