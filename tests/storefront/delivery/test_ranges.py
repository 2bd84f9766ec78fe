"""One byte range of a file of ten bytes."""

import time

import pytest

from storefront.delivery.ranges import Span, Unsatisfiable, read_range

SATISFIABLE = {
    "bytes=0-0": (0, 1),
    "bytes=0-4": (0, 5),
    "bytes=3-6": (3, 7),
    "bytes=9-9": (9, 10),
    "bytes=0-9": (0, 10),
    "bytes=0-10": (0, 10),
    "bytes=5-999999999999999999": (5, 10),
    "bytes=0-": (0, 10),
    "bytes=4-": (4, 10),
    "bytes=9-": (9, 10),
    "bytes=-1": (9, 10),
    "bytes=-4": (6, 10),
    "bytes=-10": (0, 10),
    "bytes=-11": (0, 10),
    "bytes=-999999999999999999": (0, 10),
    "bytes=00-04": (0, 5),
    "bytes= 0 - 4 ": (0, 5),
    "bytes=  -4 ": (6, 10),
    "BYTES=0-4": (0, 5),
}
UNSATISFIABLE = [
    "bytes=10-",
    "bytes=10-10",
    "bytes=10-20",
    "bytes=999999999999999999-",
    "bytes=-0",
    "bytes=-000",
]
WHOLE = [
    None,
    "",
    "bytes",
    "bytes=",
    "bytes=-",
    "bytes=a-b",
    "bytes=0",
    "bytes=6-3",
    "bytes=99-10",
    "bytes=0-1,3-4",
    "bytes=0-1,",
    "bytes=,0-1",
    "bytes=0--1",
    "bytes=--1",
    "bytes=+1-2",
    "bytes=0x1-2",
    "bytes=1.5-2",
    "bytes=1-2\n",
    "bytes=1 0-11",
    # nginx, which sends what we have judged, reads no range in these.
    " bytes=0-4",
    "bytes =0-4",
    "bytes= - 4",
    "bytes=\t0-4",
    "bytes=٠-٤",
    "bytes=0-9999999999999999999",
    "bytes=9999999999999999999-",
    "items=0-4",
    "none",
    "0-4",
    "bytes=0-4;q=1",
]


def test_a_single_range_is_a_span():
    spans = {header: Span(*span) for header, span in SATISFIABLE.items()}
    assert {header: read_range(header, 10) for header in SATISFIABLE} == spans


@pytest.mark.parametrize("header", UNSATISFIABLE)
def test_a_range_beyond_the_end_is_refused(header):
    with pytest.raises(Unsatisfiable):
        read_range(header, 10)


def test_anything_else_means_the_whole_file():
    assert {header: read_range(header, 10) for header in WHOLE} == dict.fromkeys(WHOLE)


@pytest.mark.parametrize(
    "header", [f"bytes={' ' * 4000}-{' ' * 4000}x", f"bytes=0-{' ' * 8000}x", "bytes=" + "1" * 8000]
)
def test_a_header_of_nothing_but_spaces_takes_no_time(header):
    began = time.process_time()
    assert read_range(header, 10) is None
    assert time.process_time() - began < 0.05


def test_no_range_of_an_empty_file_can_be_satisfied():
    for header in ("bytes=0-", "bytes=0-0", "bytes=-1"):
        with pytest.raises(Unsatisfiable):
            read_range(header, 0)


def test_a_span_knows_its_length():
    assert Span(3, 7).length == 4
