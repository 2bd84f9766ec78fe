"""Large bodies: nothing is read or stored of them before it is known who may send them."""

import pytest
from django.contrib.auth import get_user_model
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.handlers.wsgi import WSGIHandler
from django.test import Client

from downloads.models import Asset, Membership
from storefront.models import StorefrontKey
from tests.factories import ShopFactory
from tests.storefront.http.asking import CountedInput, ask, every_path

SIZE = 50_000_000
ADD = "/admin/downloads/asset/add/"


@pytest.fixture
def temporary(settings, tmp_path):
    settings.FILE_UPLOAD_TEMP_DIR = str(tmp_path)
    return tmp_path


@pytest.fixture
def boss(db):
    user = get_user_model().objects.create_superuser("boss", "boss@shop.example", "x")
    client = Client()
    client.force_login(user)
    return client


def cookies_of(client):
    return "; ".join(f"{name}={morsel.value}" for name, morsel in client.cookies.items())


@pytest.mark.slow
@pytest.mark.django_db
def test_a_stranger_has_no_large_body_read_anywhere():
    handler, read = WSGIHandler(), []
    for path in every_path():
        declared, chunked = CountedInput(), CountedInput()
        reply = ask(path, body=declared, handler=handler, CONTENT_LENGTH=str(SIZE))
        ask(path, body=chunked, handler=handler, HTTP_TRANSFER_ENCODING="chunked")
        if (declared.taken, chunked.taken, reply.status >= 300) != (0, 0, True):
            read.append(path)
    assert read == []


@pytest.mark.parametrize("path", ["/admin/", "/admin/login/", "/links", "/admin/downloads/order/"])
def test_a_session_alone_makes_no_body_large(boss, path):
    body = CountedInput()
    reply = ask(path, body=body, CONTENT_LENGTH=str(SIZE), HTTP_COOKIE=cookies_of(boss))
    assert (reply.status, reply.is_closing, body.taken) == (413, True, 0)


@pytest.mark.parametrize("path", ["/", "/healthz", "/readyz", "/orders/abc"])
def test_a_page_that_is_only_read_judges_the_method_first(db, path):
    body = CountedInput()
    reply = ask(path, body=body, CONTENT_LENGTH="9")
    assert (reply.status, reply.headers["Allow"], body.taken) == (405, "GET, HEAD", 0)


def test_a_person_who_may_add_assets_sends_a_large_one(boss, temporary, settings):
    body = CountedInput()
    settings.FILE_UPLOAD_MAX_MEMORY_SIZE = 10
    boss.get(ADD)
    file = SimpleUploadedFile("a.bin", b"x" * 4_000_000)
    given = {
        "shop": ShopFactory().pk,
        "title": "Large",
        "link": "",
        "stated_size": "",
        "upload": file,
    }
    assert boss.post(ADD, given).status_code == 302
    assert Asset.objects.get().size_bytes == 4_000_000
    settings.UPLOAD_MAX_BYTES = 1_000
    reply = ask(ADD, body=body, CONTENT_LENGTH=str(SIZE), HTTP_COOKIE=cookies_of(boss))
    assert (reply.status, body.taken) == (413, 0)


def test_a_person_who_may_not_add_assets_sends_none(db):
    user = get_user_model().objects.create_user("ada", "ada@shop.example", "x", is_staff=True)
    client = Client()
    client.force_login(user)
    for path in (ADD, "/admin/downloads/asset/1/change/"):
        body = CountedInput()
        reply = ask(path, body=body, CONTENT_LENGTH=str(SIZE), HTTP_COOKIE=cookies_of(client))
        assert (reply.status, body.taken) == (403, 0)


def test_not_even_a_small_file_is_read_before_its_sender_is_known(boss, settings):
    small = {"CONTENT_LENGTH": "9"}
    body = CountedInput()
    for path in (ADD, "/admin/downloads/product/add/"):
        reply = ask(path, body=body, **small)
        assert (reply.status, reply.headers["Location"]) == (302, f"/admin/login/?next={path}")
    settings.STAFF_SECOND_FACTOR = "required"
    reply = ask(ADD, body=body, HTTP_COOKIE=cookies_of(boss), **small)
    assert (reply.status, body.taken) == (302, 0)


def test_a_mail_provider_is_refused_in_json(db):
    reply = ask("/mail/bounces/postmark", body=CountedInput(), CONTENT_LENGTH=str(SIZE))
    assert (reply.status, reply.headers["Content-Type"]) == (413, "application/json")


def test_a_form_in_chunks_is_asked_for_with_its_length(boss):
    body = CountedInput()
    for path in (ADD, "/admin/login/", "/links"):
        for cookies in ("", cookies_of(boss)):
            reply = ask(path, body=body, HTTP_TRANSFER_ENCODING="chunked", HTTP_COOKIE=cookies)
            assert (reply.status, reply.is_closing, body.taken) == (411, True, 0)


def test_who_may_not_save_this_asset_sends_nothing_to_its_form(db):
    ours, theirs = ShopFactory(), ShopFactory()
    asset = Asset.objects.create(shop=theirs, title="Theirs", link="https://example.com/a")
    body = CountedInput()
    for role in ("manager", "support"):
        user = get_user_model().objects.create_user(f"{role}@shop.example", is_staff=True)
        Membership.objects.create(shop=ours, user=user, role=role)
        client = Client()
        client.force_login(user)
        # One of another shop is answered as one that nobody has.
        for number in (asset.pk, "00000000-0000-4000-8000-000000000007"):
            path = f"/admin/downloads/asset/{number}/change/"
            reply = ask(path, body=body, CONTENT_LENGTH="9", HTTP_COOKIE=cookies_of(client))
            assert (reply.status, body.taken) == (403, 0)


def test_a_small_form_elsewhere_leaves_no_file(db, temporary, settings, monkeypatch):
    settings.FILE_UPLOAD_MAX_MEMORY_SIZE = 10
    monkeypatch.setattr("tempfile.NamedTemporaryFile", None)
    file = SimpleUploadedFile("a.bin", b"x" * 1_000_000)
    answer = Client(enforce_csrf_checks=True).post("/admin/login/", {"file": file})
    assert (answer.status_code, list(temporary.iterdir())) == (403, [])


# --- What breaks off -----------------------------------------------------------------------------


class BrokenInput(CountedInput):
    """A client that hangs up, or is given up, in the middle."""

    def read(self, size=-1):
        raise ConnectionResetError


FORM = {"CONTENT_LENGTH": "10", "CONTENT_TYPE": "application/x-www-form-urlencoded"}


@pytest.mark.slow
@pytest.mark.django_db
def test_a_body_that_breaks_off_is_no_fault_of_ours(caplog):
    handler = WSGIHandler()
    replies = {
        path: ask(path, body=BrokenInput(), handler=handler, **FORM) for path in every_path()
    }
    assert [path for path, each in replies.items() if each.status >= 500] == []
    assert [path for path, each in replies.items() if not each.is_closing] == []
    assert [record.exc_info for record in caplog.records if record.exc_info] == []


def test_who_broke_off_is_asked_to_send_again(db):
    reply = ask("/links", body=BrokenInput(), **FORM)
    assert (reply.status, reply.headers["Content-Type"]) == (408, "text/html; charset=utf-8")


def test_a_program_is_told_so_in_json(db):
    key = StorefrontKey.issue(ShopFactory(), name="test")[1]
    json = FORM | {"CONTENT_TYPE": "application/json", "HTTP_X_STOREFRONT_KEY": key}
    reply = ask("/api/graphql", body=BrokenInput(), **json)
    assert (reply.status, reply.headers["Content-Type"]) == (408, "application/json")
