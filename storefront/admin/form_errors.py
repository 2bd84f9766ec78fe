"""Form errors that templates leave out: of hidden and read-only fields."""

from collections.abc import Iterator
from typing import Any

from django.core.exceptions import NON_FIELD_ERRORS


def unplaced_errors(page: Any, inlines: Any) -> list[str]:
    """Return what Django's templates leave out of a page's errors, each with where it belongs.

    They write an error beside its field. A field that is only shown, or hidden like a row's own
    number, has no such place, and neither has a row that is gone since the page was opened.
    """
    messages = list(_unplaced(page.form, _fields_of(page)))
    for inline in inlines:
        shown = {id(row.form): _fields_of(row) for row in inline}
        for form in inline.formset.forms:
            if not is_removed(form, inline.formset):
                messages += _unplaced(form, shown.get(id(form)), inline.opts.verbose_name_plural)
    return list(dict.fromkeys(messages))


def is_removed(form: Any, rows: Any) -> bool:
    """Say whether a row of a formset was ticked to be removed. It need not be right any more."""
    return bool(rows.can_delete and rows._should_delete_form(form))


def _fields_of(page: Any) -> set[str]:
    """Return the names of a form's fields that can be filled in on the page."""
    placed = {
        field.field.name for lines in page for line in lines for field in line if _is_open(field)
    }
    return placed | {NON_FIELD_ERRORS}


def _is_open(field: Any) -> bool:
    return not field.is_readonly and not field.field.is_hidden


def _unplaced(form: Any, placed: set[str] | None, where: str = "") -> Iterator[str]:
    for name, errors in form.errors.items() if form.is_bound else ():
        if placed is None or name not in placed:
            field = form.fields.get(name)
            is_named = field is not None and not field.widget.is_hidden
            words = [where, form[name].label.lower() if is_named else ""]
            at = ", ".join(str(word) for word in words if word)
            for error in errors:
                yield f"{at[:1].upper()}{at[1:]}: {error}" if at else str(error)
