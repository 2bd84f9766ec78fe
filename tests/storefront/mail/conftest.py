"""Who works for a shop, as the tests of the staff have it."""

from tests.storefront.staff.conftest import ada, browser, key  # noqa: F401 (fixtures)
