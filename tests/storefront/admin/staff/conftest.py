"""Staff who sign in by the forms, as the tests of the sign-in have them."""

from tests.storefront.staff.conftest import _now, ada, boss, browser, key  # noqa: F401 (fixtures)
