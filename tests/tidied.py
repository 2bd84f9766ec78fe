"""What is past its retention, deleted as the worker does."""

from datetime import datetime

from django.db.models import Model

from storefront.management.retention import RETENTIONS
from storefront.management.tidying import Budget, Rows


def tidy(*models: type[Model], at: datetime, rows: int = 1_000_000) -> int:
    """Tidy up these tables; return how many rows went."""
    kinds = [Rows(each) for each in RETENTIONS if each.model in models]
    assert len(kinds) == len(models)
    budget = Budget(rows=rows)
    return sum(kind.do(at=at, budget=budget, progress=lambda count: None).count for kind in kinds)
