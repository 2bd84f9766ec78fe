import pytest

from downloads.errors import BadInput
from downloads.sizes import HOW, read_size

MEANT = [
    ("10MB", 10_000_000),
    ("10 mb", 10_000_000),
    ("340KB", 340_000),
    ("512 B", 512),
    ("1.5GB", 1_500_000_000),
    ("1,5 GB", 1_500_000_000),
    (".5 GB", 500_000_000),
    ("0,500 GB", 500_000_000),
    ("12,25 MB", 12_250_000),
    ("1.5000 GB", 1_500_000_000),
    ("1500.250 MB", 1_500_250_000),
    # Thousands, in every custom.
    ("1,500 MB", 1_500_000_000),
    ("1 500 MB", 1_500_000_000),
    ("1\u00a0500 MB", 1_500_000_000),
    ("1\u202f500 Mo", 1_500_000_000),
    ("1'500 MB", 1_500_000_000),
    ("1’500 MB", 1_500_000_000),
    ("1_500 MB", 1_500_000_000),
    ("1,234 KB", 1_234_000),
    ("1,234,567 bytes", 1_234_567),
    ("1.234.567 B", 1_234_567),
    ("1.234 B", 1_234),
    ("1,50,000 KB", 150_000_000),
    ("1,500.5 KB", 1_500_500),
    ("1.500,5 KB", 1_500_500),
    ("1 234,5 MB", 1_234_500_000),
    ("1,234,567.8 KB", 1_234_567_800),
    # Units of other tongues and tastes.
    ("10 Mo", 10_000_000),
    ("1,5 Go", 1_500_000_000),
    ("10 megabytes", 10_000_000),
    ("10 mégaoctets", 10_000_000),
    ("10 МБ", 10_000_000),
    ("1.5 gigs", 1_500_000_000),
    ("10M", 10_000_000),
    ("700 MiB", 734_003_200),
    ("1.5 GiB", 1_610_612_736),
    ("2 mebibytes", 2_097_152),
    # Other keyboards.
    ("１０ＭＢ", 10_000_000),
    ("١٫٥ GB", 1_500_000_000),
    ("  10\tMB  ", 10_000_000),
    ("1.5 GB.", 1_500_000_000),
]
UNCLEAR = [
    ("1,500 GB", "1.5 GB", "1500 GB"),
    ("1.500 GB", "1.5 GB", "1500 GB"),
    ("1.500 MB", "1.5 MB", "1500 MB"),
    ("1.234 KB", "1.23 KB", "1234 KB"),
    ("2,000 TB", "2 TB", "2000 TB"),
]


@pytest.mark.parametrize(("text", "size_bytes"), MEANT)
def test_a_size_is_understood_as_it_is_meant(text, size_bytes):
    assert read_size(text) == size_bytes


@pytest.mark.parametrize(("text", "short", "long"), UNCLEAR)
def test_what_may_be_one_of_two_is_asked_about(text, short, long):
    with pytest.raises(BadInput) as asked:
        read_size(text)
    assert str(asked.value) == (f'"{text}" can be read in two ways. Write "{short}" or "{long}".')
    assert read_size(short) < read_size(long)


@pytest.mark.parametrize(
    "text",
    [
        *("", "big", "MB", "-5 MB", "10-20 MB", "1.5.0 GB", "1 50 MB", "1,500.5,2 KB", "5. MB"),
        *("10 Mbit", "1e3 MB", "½ GB", "10 MB free", "1" * 41 + " MB", "1" * 5000, "10 MB\0"),
    ],
)
def test_what_is_no_size_is_refused_with_an_example(text):
    with pytest.raises(BadInput) as refusal:
        read_size(text)
    assert str(refusal.value) == HOW


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("1500", 'Add the unit: "1500 MB", say.'),
        ("0 MB", "Enter a size above 0, or leave it empty if unknown."),
        ("9000000 PB", "This is larger than any file. Check the number and the unit."),
    ],
)
def test_what_cannot_be_is_refused_in_words(text, told):
    with pytest.raises(BadInput) as refusal:
        read_size(text)
    assert str(refusal.value) == told
