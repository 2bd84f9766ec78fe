"""Where a client finds a service."""

from tests.system.fire.service import Service


def door_of(service: Service) -> dict[str, str]:
    """Return the address of a service's face B, and a storefront key for it."""
    return {
        "url": f"http://127.0.0.1:{service.port}/api/graphql",
        "key": service.opens["key"],
    }
