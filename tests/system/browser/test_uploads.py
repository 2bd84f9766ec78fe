"""An upload as Chromium sends it: how a browser writes a file's name is known by it alone."""

import pytest

from tests.system.browser.test_main_job import choose, sign_in

pytestmark = pytest.mark.slow

NAME = 'Rhythm&section "best" &amp; 100% a%20b می\u200cخواهم\u3000👩\u200d🏫.mp3'
KEPT = NAME.replace("\u3000", " ")


def test_a_file_keeps_its_name_and_is_sent_once(demo, open_page, tmp_path):
    upload = tmp_path / NAME
    upload.write_bytes(b"la" * 2_000_000)
    page = open_page(viewport={"width": 1300, "height": 1000})
    sign_in(page, demo)
    page.goto(demo["admin_url"] + "downloads/asset/add/")
    choose(page, "id_shop", "my-store")
    page.set_input_files("#id_upload", upload)
    page.click("input[name=_save]")
    assert "This field is required." in page.inner_text("#content")
    assert f"Use {KEPT} (4\u202fMB), which was kept" in page.inner_text(".field-upload")
    page.fill("#id_title", "Rhythm")
    page.click("input[name=_continue]")
    assert "was added successfully" in page.inner_text(".messagelist")
    assert page.input_value("#id_file_name") == KEPT
    assert f"{KEPT} (4\u202fMB, audio/mpeg)" in page.inner_text(".field-stored_file")
