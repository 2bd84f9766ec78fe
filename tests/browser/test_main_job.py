"""The main job with a person's own hands: attach a file, then read it on both faces."""

import pytest

pytestmark = pytest.mark.slow


def sign_in(page, demo):
    page.goto(demo["admin_url"])
    page.fill("#id_username", demo["admin_user"])
    page.fill("#id_password", demo["admin_password"])
    page.click("input[type=submit]")


def choose(page, field, text):
    """Pick a row in one of the admin's search boxes."""
    page.locator(f"[aria-labelledby='select2-{field}-container']").click()
    page.locator(".select2-search__field").fill(text)
    page.locator(".select2-results__option", has_text=text).first.click()


def test_a_file_attached_in_the_admin_is_read_on_both_faces_and_downloaded(
    demo, open_page, tmp_path
):
    upload = tmp_path / "Ünterlagen.txt"
    upload.write_text("all you need to know\n" * 600)
    page = open_page(accept_downloads=True, viewport={"width": 1300, "height": 1000})
    sign_in(page, demo)

    page.goto(demo["admin_url"] + "downloads/asset/add/")
    choose(page, "id_shop", "my-store")
    page.fill("#id_title", "Papers")
    page.set_input_files("#id_upload", upload)
    page.click("input[name=_save]")
    assert "was added successfully" in page.inner_text(".messagelist")

    page.goto(demo["admin_url"] + "downloads/product/?q=garden-sounds")
    page.click("#result_list tbody th a")
    page.locator(".add-row a").click()
    rows = page.locator("tr.dynamic-attachments")
    number = rows.count() - 1
    choose(page, f"id_attachments-{number}-asset", "Papers")
    page.fill(f"#id_attachments-{number}-limit", "2")
    page.click("input[name=_save]")
    assert '"Papers" was given to 1 earlier purchases too.' in page.inner_text(".messagelist")

    order = page.request.get(demo["rest_url"]).json()["order"]
    papers = order["lines"][1]["assets"][-1]
    assert papers["data"]["filename"] == "Papers"
    assert papers["limits"] == {"downloaded": 0, "limit": 2}

    page.goto(demo["page_url"])
    with page.expect_download() as waiting:
        page.get_by_role("button", name="Download Papers").click()
    assert waiting.value.suggested_filename == "Ünterlagen.txt"
    assert waiting.value.path().read_bytes() == upload.read_bytes()

    order = page.request.get(demo["rest_url"]).json()["order"]
    assert order["lines"][1]["assets"][-1]["limits"] == {"downloaded": 1, "limit": 2}
    answer = page.request.post(
        demo["graphql_url"],
        data={
            "query": "{ customerDownloadableProducts(first: 1) "
            "{ edges { node { name fileName downloadUsed remainingDownloads } } } }"
        },
        headers={
            "X-STOREFRONT-KEY": demo["storefront_key"],
            "Authorization": f"Bearer {demo['customer_token']}",
        },
    ).json()
    [edge] = answer["data"]["customerDownloadableProducts"]["edges"]
    assert edge["node"] == {
        "name": "Papers",
        "fileName": "Ünterlagen.txt",
        "downloadUsed": 1,
        "remainingDownloads": 1,
    }


def test_the_admin_runs_under_its_policy(demo, open_page):
    page = open_page()
    sign_in(page, demo)
    for path in ("", "downloads/order/", "downloads/order/1/change/", "downloads/order/add/"):
        page.goto(demo["admin_url"] + path)
        assert page.locator("h1").first.is_visible()
