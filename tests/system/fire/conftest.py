import os
from dataclasses import dataclass

import pytest

from tests.system.fire.service import Nginx, Service, before, beside, serving


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
def url():
    """The database server of this run; SQLite where none is set."""
    return os.environ.get("DATABASE_URL")


@pytest.fixture(scope="module")
def ways(url):
    with (
        serving(url) as service,
        beside(service, FILES_LEAVE_BY="nginx", TRUSTED_PROXIES="1") as behind_nginx,
        before(behind_nginx) as nginx,
    ):
        yield Ways(service, behind_nginx, nginx)
        # Whatever happened, each counter is the sum of its ledger.
        assert service.ask("audit") == []
