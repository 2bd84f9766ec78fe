"""The probes answer by any host; everything else is held to `ALLOWED_HOSTS`."""

import pytest
from django.http import HttpRequest

from tests.storefront.conftest import POLICY, PRIVATE, headers_of, policy_of

HOSTS = [
    "127.0.0.1:8000",
    "localhost",
    "10.42.0.17:8000",
    "[fe80::1]:8000",
    "downloads",
    "strange.example",
    "no_host!",
    "a b",
    "<script>",
    "x" * 300,
    ":8000",
    "",
]
PATHS = ["/healthz", "/readyz"]


@pytest.fixture
def _own_domain_alone(settings):
    settings.ALLOWED_HOSTS = ["downloads.example"]


@pytest.mark.usefixtures("_own_domain_alone", "db")
@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("host", HOSTS)
def test_a_probe_is_answered_by_any_host(client, path, host):
    response = client.get(path, headers={"host": host})
    assert (response.status_code, response.json()["status"]) == (200, "ok")
    said = b"".join([response.content, *map(str.encode, response.headers.values())])
    assert not host or host.encode() not in said


@pytest.mark.usefixtures("_own_domain_alone", "db")
@pytest.mark.parametrize("path", ["/", "/healthz/", "/readyz/x", "/admin/login/", "/static/x"])
def test_everything_else_asks_for_the_host(client, path):
    assert client.get(path, headers={"host": "strange.example"}).status_code in {400, 404}
    assert client.get("/", headers={"host": "strange.example"}).status_code == 400


@pytest.mark.usefixtures("_own_domain_alone", "db")
@pytest.mark.parametrize("path", PATHS)
def test_a_probe_needs_no_https_and_is_as_private_as_any_answer(client, settings, path):
    settings.SECURE_SSL_REDIRECT = True
    response = client.get(path, headers={"host": "10.0.0.1"})
    assert response.status_code == 200
    assert {name: headers_of(response).get(name) for name in PRIVATE} == PRIVATE
    assert policy_of(response) == POLICY
    assert response["X-Request-ID"]
    assert response["Content-Length"] == str(len(response.content))


@pytest.mark.usefixtures("_own_domain_alone", "db")
@pytest.mark.parametrize("path", PATHS)
def test_a_probe_is_only_read(client, path):
    hosted = {"headers": {"host": "10.0.0.1"}}
    assert client.head(path, **hosted).status_code == 200
    assert client.post(path, **hosted).status_code == 405


@pytest.mark.parametrize("path", PATHS)
def test_nothing_before_the_probes_asks_for_the_host(client, db, settings, monkeypatch, path):
    """Also what is put in front of them later is not to."""

    def get_host(request):
        raise AssertionError("asked for the host")

    settings.SECURE_SSL_REDIRECT = True
    monkeypatch.setattr(HttpRequest, "get_host", get_host)
    assert client.get(path).status_code == 200
    with pytest.raises(AssertionError):
        client.get("/")
