import pytest

from downloads.preview_links import BY_HAND, DIRECT, DIRECT_FROM_DRIVE, FOLDER, preview_hint

DROPBOX = "https://www.dropbox.com"
DRIVE = "https://drive.google.com"
DOCS = "https://docs.google.com"
ONEDRIVE = "https://onedrive.live.com"
TOLD = [
    ("Dropbox", f"{DROPBOX}/s/abc/book.pdf?dl=0", f"{DROPBOX}/s/abc/book.pdf?dl=1"),
    ("Dropbox", f"{DROPBOX}/s/abc/book.pdf", f"{DROPBOX}/s/abc/book.pdf?dl=1"),
    ("Dropbox", "https://dropbox.com/s/a/b.pdf?raw=0", "https://dropbox.com/s/a/b.pdf?dl=1"),
    (
        "Dropbox",
        f"{DROPBOX}/scl/fi/x/b.pdf?rlkey=k&st=1&dl=0",
        f"{DROPBOX}/scl/fi/x/b.pdf?rlkey=k&st=1&dl=1",
    ),
    ("Google Docs", f"{DOCS}/document/d/1A/edit", f"{DOCS}/document/d/1A/export?format=pdf"),
    (
        "Google Docs",
        f"{DOCS}/spreadsheets/u/0/d/1A/edit#gid=0",
        f"{DOCS}/spreadsheets/d/1A/export?format=xlsx",
    ),
    ("Google Docs", f"{DOCS}/presentation/d/1A/view", f"{DOCS}/presentation/d/1A/export/pptx"),
    ("OneDrive", f"{ONEDRIVE}/redir?resid=1", f"{ONEDRIVE}/download?resid=1"),
    ("OneDrive", f"{ONEDRIVE}/embed?resid=1", f"{ONEDRIVE}/download?resid=1"),
    (
        "SharePoint",
        "https://my.sharepoint.com/:b:/g/personal/x/E?e=1",
        "https://my.sharepoint.com/:b:/g/personal/x/E?e=1&download=1",
    ),
    (
        "GitHub",
        "https://github.com/a/b/blob/main/blob/x.pdf",
        "https://github.com/a/b/raw/main/blob/x.pdf",
    ),
]
FROM_DRIVE = [
    ("/file/d/1AbC-_d/view?usp=sharing", "id=1AbC-_d"),
    ("/file/u/0/d/1AbC/preview", "id=1AbC"),
    ("/open?id=1AbC", "id=1AbC"),
    ("/uc?id=1AbC&export=view", "id=1AbC"),
    ("/file/d/1A/view?resourcekey=0-x", "id=1A&resourcekey=0-x"),
]
BY_THEIR_PAGE = [
    ("OneDrive", "https://1drv.ms/u/s!A"),
    ("OneDrive", f"{ONEDRIVE}/?id=1"),
    ("WeTransfer", "https://we.tl/t-x"),
    ("Box", "https://app.box.com/s/x"),
    ("MEGA", "https://mega.nz/file/x#y"),
    ("iCloud", "https://www.icloud.com/iclouddrive/x"),
    ("Dropbox", f"{DROPBOX}/home/book.pdf"),
    ("Google Drive", f"{DRIVE}/drive/my-drive"),
]
QUIET = [
    f"{DROPBOX}/s/abc/book.pdf?dl=1",
    f"{DROPBOX}/s/abc/book.pdf?raw=1",
    "https://dl.dropboxusercontent.com/s/abc/book.pdf",
    f"{DRIVE}/uc?export=download&id=1",
    "https://drive.usercontent.google.com/download?id=1",
    f"{DOCS}/document/d/1A/export?format=pdf",
    f"{ONEDRIVE}/download?resid=1",
    "https://my.sharepoint.com/:b:/g/personal/x/E?download=1",
    "https://github.com/a/b/releases/download/v1/x.zip",
    "https://app.box.com/shared/static/x.pdf",
    "https://example.com/s/x?dl=0",
    "https://notdropbox.com/s/a/b?dl=0",
    "https://dropbox.com.evil.example/s/a/b?dl=0",
    "https://[bad",
    "",
]


@pytest.mark.parametrize(("service", "link", "direct"), TOLD)
def test_a_preview_is_told_with_the_form_that_downloads(service, link, direct):
    assert preview_hint(link) == DIRECT.format(service=service, link=direct)
    assert preview_hint(direct) is None


@pytest.mark.parametrize(("path", "asked"), FROM_DRIVE)
def test_a_preview_of_google_drive_is_told_with_its_number(path, asked):
    direct = f"{DRIVE}/uc?export=download&{asked}"
    assert preview_hint(DRIVE + path) == DIRECT_FROM_DRIVE.format(link=direct)
    assert preview_hint(direct) is None


@pytest.mark.parametrize(("service", "link"), BY_THEIR_PAGE)
def test_a_page_without_such_a_form_is_told(service, link):
    assert preview_hint(link) == BY_HAND.format(service=service)


def test_a_folder_is_told():
    assert preview_hint(f"{DRIVE}/drive/folders/1A") == FOLDER.format(service="Google Drive")


@pytest.mark.parametrize("link", QUIET)
def test_every_other_link_is_let_alone(link):
    assert preview_hint(link) is None
