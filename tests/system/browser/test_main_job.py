"""The main job with a person's own hands: attach a file, then read it on both faces."""

import os
import shutil
import subprocess

import pytest

from tests.missing import do_without

pytestmark = pytest.mark.slow

# Each saves into the folder it runs in, under the name that it makes of the answer.
PROGRAMS = {
    "curl": ["curl", "-sS", "--fail", "--remote-name", "--remote-header-name"],
    "wget": ["wget", "--quiet", "--content-disposition"],
    "aria2c": ["aria2c", "--quiet", "--no-conf"],
}
ASKED = """{ customerDownloadableProducts(first: 3) {
    edges { node { productName name fileName downloadUsed remainingDownloads } } } }"""


def sign_in(page, demo, who="admin"):
    page.goto(demo["admin_url"])
    page.fill("#id_username", demo[f"{who}_user"])
    page.fill("#id_password", demo[f"{who}_password"])
    page.click("input[type=submit]")


def upload_asset(page, demo, title, path):
    """Make an asset of a file; the shop is chosen already for whoever works for one alone."""
    page.goto(demo["admin_url"] + "downloads/asset/add/")
    page.fill("#id_title", title)
    page.set_input_files("#id_upload", path)
    page.click("input[name=_save]")
    assert "was added successfully" in page.inner_text(".messagelist")


def attach(page, group, title, limit):
    """Add a row to the open page and save it."""
    page.locator(f"#{group}-group .add-row a").click()
    number = page.locator(f"tr.dynamic-{group}").count() - 1
    choose(page, f"id_{group}-{number}-asset", title)
    page.fill(f"#id_{group}-{number}-limit", str(limit))
    page.click("input[name=_save]")
    assert "was changed successfully" in page.inner_text(".messagelist")


def order_of(page, demo):
    return page.request.get(demo["rest_url"]).json()["order"]


def bought_by(page, demo):
    headers = {
        "X-STOREFRONT-KEY": demo["storefront_key"],
        "Authorization": f"Bearer {demo['customer_token']}",
    }
    answer = page.request.post(demo["graphql_url"], data={"query": ASKED}, headers=headers)
    edges = answer.json()["data"]["customerDownloadableProducts"]["edges"]
    return {edge["node"].pop("name"): edge["node"] for edge in edges}


def fetch(name, url, folder):
    """Have a program save an address into a new folder; return the one file that is there."""
    if shutil.which(name) is None:
        do_without(name)
    folder.mkdir()
    environment = {"PATH": os.environ["PATH"], "HOME": str(folder)}
    subprocess.run([*PROGRAMS[name], url], cwd=folder, env=environment, check=True, timeout=30)
    [path] = folder.iterdir()
    return path


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


def test_an_order_from_a_shop_gets_assets_that_every_program_saves_under_their_names(
    demo, open_page, tmp_path
):
    # How each program names what it saved stands here and nowhere else.
    files = {"Field notes": "field notes.txt", "Thank you": "thank you.txt"}
    page = open_page(accept_downloads=True, viewport={"width": 1300, "height": 1000})
    sign_in(page, demo, "staff")
    for title, name in files.items():
        (tmp_path / name).write_text(f"{title}\n" * 500)
        upload_asset(page, demo, title, tmp_path / name)
    page.goto(demo["admin_url"] + "downloads/product/?q=garden-sounds")
    page.click("#result_list tbody th a")
    attach(page, "attachments", "Field notes", 10)
    page.goto(demo["admin_url"] + "downloads/order/?q=1050")
    page.click("#result_list tbody th a")
    assert "1050" in page.locator("h1").first.inner_text()
    page.locator("summary", has_text="Edit the order").click()
    attach(page, "grants", "Thank you", 10)

    order = order_of(page, demo)
    listed = [order["lines"][1]["assets"][-1], order["assets"][-1]]
    assert [each["data"]["filename"] for each in listed] == list(files)
    assert [each["limits"] for each in listed] == [{"downloaded": 0, "limit": 10}] * 2
    bought = bought_by(page, demo)
    for title, product in (("Field notes", "Sounds of the garden"), ("Thank you", "Thank you")):
        assert bought[title] == {
            "productName": product,
            "fileName": files[title],
            "downloadUsed": 0,
            "remainingDownloads": 10,
        }

    for number, (title, name) in enumerate(files.items()):
        content = (tmp_path / name).read_bytes()
        page.goto(demo["page_url"])
        with page.expect_download() as waiting:
            page.get_by_role("button", name=f"Download {title}").click()
        saved = {"button": (waiting.value.suggested_filename, waiting.value.path().read_bytes())}
        with page.expect_download() as waiting:
            page.evaluate("url => { location.href = url }", listed[number]["data"]["url"])
        saved["Chromium"] = (waiting.value.suggested_filename, waiting.value.path().read_bytes())
        for program in PROGRAMS:
            order = order_of(page, demo)
            fresh = [order["lines"][1]["assets"][-1], order["assets"][-1]][number]["data"]["url"]
            path = fetch(program, fresh, tmp_path / f"{program} {number}")
            saved[program] = (path.name, path.read_bytes())
        assert saved == dict.fromkeys(saved, (name, content))
    assert {
        title: bought_by(page, demo)[title]["downloadUsed"] for title in files
    } == dict.fromkeys(files, 2 + len(PROGRAMS))


def test_the_admin_runs_under_its_policy(demo, open_page):
    page = open_page()
    sign_in(page, demo)
    for path in ("", "downloads/order/", "downloads/order/1/change/", "downloads/order/add/"):
        page.goto(demo["admin_url"] + path)
        assert page.locator("h1").first.is_visible()


@pytest.mark.parametrize("width", [360, 1280, 1536])
def test_the_list_of_orders_fits_its_window(demo, open_page, width):
    page = open_page(viewport={"width": width, "height": 800})
    sign_in(page, demo)
    page.goto(demo["admin_url"] + "downloads/order/")
    for box in ("#changelist .results", "html"):
        needed, there = page.eval_on_selector(box, "it => [it.scrollWidth, it.clientWidth]")
        assert needed <= there, box
