"""Words that run from right to left, as Chromium paints them: what stands beside them stays there.

No faster test can tell: the order on the screen is the browser's own.
"""

import pytest

from tests.system.browser.test_main_job import sign_in

pytestmark = pytest.mark.slow

WORD = "ספר"
# Yields each pair of neighbours on one line that do not stand from left to right as they are
# written. What is isolated is one unit, and so is a cell that holds one such value alone.
OUT_OF_ORDER = r"""() => {
  const rtl = /[\u0590-\u08ff]/, found = [];
  const blocks = "p, h1, h2, h3, li, td, th, .readonly, .breadcrumbs, button, legend, .help";
  for (const block of document.querySelectorAll(blocks)) {
    if (block.querySelector(blocks) || !rtl.test(block.textContent)) continue;
    const units = [], walk = document.createTreeWalker(block, NodeFilter.SHOW_TEXT);
    let bdi = null;
    for (let node; (node = walk.nextNode());) {
      const apart = node.parentElement.closest("bdi");
      const isOwn = apart && block.contains(apart);
      for (const match of node.data.matchAll(/(\u2068[^\u2069]*\u2069)|([^\s\u2068]+)/g)) {
        const [text, own] = match, range = document.createRange();
        range.setStart(node, match.index); range.setEnd(node, match.index + text.length);
        const box = range.getBoundingClientRect();
        if (!box.width) continue;
        if (isOwn && apart === bdi) {
          const last = units[units.length - 1];
          last.left = Math.min(last.left, box.left); last.right = Math.max(last.right, box.right);
        } else units.push({text, left: box.left, right: box.right, top: box.top,
                           bottom: box.bottom, bare: !own && !isOwn && rtl.test(text)});
        bdi = isOwn ? apart : null;
      }
    }
    if (units.some((unit) => unit.bare)) {
      if (units.length > 1 && units.some((unit) => !rtl.test(unit.text)))
        found.push(["bare", block.textContent.trim()]);
      continue;
    }
    for (let i = 1; i < units.length; i++) {
      const [a, b] = [units[i - 1], units[i]];
      const isOneLine = a.bottom > b.top && b.bottom > a.top;
      if (isOneLine && a.right > b.left + 1) found.push([a.text, b.text]);
    }
  }
  return found;
}"""


# What the demo's merchant renames, and the box that holds the name.
RENAMED = {
    "asset": "title",
    "product": "name",
    "shop": "name",
    "customer": "first_name",
}


@pytest.fixture
def renamed(demo, open_page):
    """Return a window of the admin of a shop whose every name is a word of the kind."""
    page = open_page(viewport={"width": 1400, "height": 1000})
    sign_in(page, demo)
    for model, field in RENAMED.items():
        page.goto(f"{demo['admin_url']}downloads/{model}/")
        for url in page.locator("#result_list tbody th a").evaluate_all(
            "all => all.map(a => a.href)"
        ):
            page.goto(url)
            page.fill(f"#id_{field}", WORD)
            if page.locator("#id_variant_name").count():
                page.fill("#id_variant_name", f"{WORD}-2")
            if page.locator("#id_file_name").count():
                page.fill("#id_file_name", WORD)
            page.click("input[name=_continue]")
            assert page.evaluate(OUT_OF_ORDER) == []
    return page


def test_the_order_on_the_screen_is_the_order_written(demo, renamed):
    admin = f"{demo['admin_url']}downloads/"
    urls = [demo["page_url"], *(f"{admin}{model}/" for model in (*RENAMED, "order", "grant"))]
    for model in ("order", "grant"):
        renamed.goto(f"{admin}{model}/")
        urls.append(renamed.locator("#result_list tbody th a").first.evaluate("a => a.href"))
    urls.append(urls[-1].replace("change", "history"))
    for url in urls:
        renamed.goto(url)
        assert WORD in renamed.content(), url
        assert (url, renamed.evaluate(OUT_OF_ORDER)) == (url, [])
    renamed.goto(demo["page_url"])
    facts = renamed.locator(".facts:has(bdi)", has_text=f"{WORD} ·").first
    left, right = facts.evaluate(
        """(facts) => [facts.querySelector("bdi"), facts.lastChild].map((node) => {
             const range = document.createRange(); range.selectNodeContents(node);
             return range.getBoundingClientRect().left; })"""
    )
    assert left < right
