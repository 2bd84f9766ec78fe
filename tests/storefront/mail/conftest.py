"""Who works for a shop, as the tests of the staff have it."""

from tests.storefront.staff.conftest import ada  # noqa: F401 (a fixture)
