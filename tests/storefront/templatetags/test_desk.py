"""Cells that name their column."""

from storefront.templatetags.desk import labelled

HEADERS = [{"text": '<input type="checkbox">'}, {"text": "order number"}, {"text": "a <b>&</b> b"}]


def test_each_cell_bears_the_name_of_its_column():
    row = [
        '<td class="action-checkbox">x</td>',
        '<th class="a"><a href=">">1</a></th>',
        "<td>2</td>",
    ]
    assert list(labelled(row, HEADERS)) == [
        '<td class="action-checkbox">x</td>',
        '<th class="a" data-label="Order number"><a href=">">1</a></th>',
        '<td data-label="A &amp; b">2</td>',
    ]


def test_a_cell_too_many_or_of_another_kind_stays_as_it_is():
    assert list(labelled(["<p>", "<td>1</td>", "x", "<td>4</td>"], HEADERS))[3] == "<td>4</td>"
