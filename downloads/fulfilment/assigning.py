"""Write what differs, and nothing else."""

from typing import Any

from django.db import models


def assign(row: models.Model, **values: Any) -> bool:
    """Save only what differs, so that nobody else's columns are written; say if any did."""
    changed = [name for name, value in values.items() if getattr(row, name) != value]
    for name in changed:
        setattr(row, name, values[name])
    if changed:
        row.save(update_fields=changed)
    return bool(changed)
