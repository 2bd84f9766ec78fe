from dataclasses import dataclass

import pytest

from tests.system.harness.servers import Nginx, before
from tests.system.harness.service import Service, beside, serving


@dataclass(frozen=True)
class Ways:
    """Both ways out for bytes, over one database and one set of files."""

    service: Service
    behind_nginx: Service
    nginx: Nginx

    def port(self, way: str) -> int:
        """Return the port whose answers leave by this way."""
        return self.nginx.port if way == "nginx" else self.service.port


@pytest.fixture(scope="session")
def ways():
    with (
        serving() as service,
        beside(service, FILES_LEAVE_BY="nginx", TRUSTED_PROXIES="1") as behind_nginx,
        before(behind_nginx) as nginx,
    ):
        yield Ways(service, behind_nginx, nginx)
        # Whatever happened, each counter is the sum of its ledger.
        assert service.ask("audit") == []


@pytest.fixture(scope="session")
def troubled():
    """A service whose storage is in trouble while a test wants it to (see `storage.trouble`).

    It believes what is said of a visitor's address: each buyer has an own one, and none holds all
    places unless a test means it.
    """
    settings = {"DJANGO_SETTINGS_MODULE": "tests.system.fire.settings"}
    settings |= {"TRUSTED_PROXIES": "1", "STREAM_WAIT_SECONDS": "1"}
    settings |= dict.fromkeys(
        ("SIGN_INS_PER_MINUTE", "KEY_REFUSALS_PER_MINUTE", "STOREFRONT_KEY_RATE_PER_MINUTE"),
        "1000000",
    )
    with serving(threads=32, **settings) as running:
        yield running
        assert running.ask("audit") == []
