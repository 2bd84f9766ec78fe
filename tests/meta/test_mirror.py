"""Tests lie where what they test lies: `tests/<package>/<path>/test_<module>[_<aspect>].py`."""

from pathlib import Path

from django.conf import settings

ROOT = Path(settings.BASE_DIR)
MIRRORED = ("config", "downloads", "storefront")


def is_mirror(test: Path) -> bool:
    """Say whether a module or package of the mirrored folder begins this test's name."""
    folder = ROOT / test.relative_to(ROOT / "tests").parent
    name = test.stem.removeprefix("test_")
    nouns = {path.stem for path in folder.glob("*") if path.is_dir() or path.suffix == ".py"}
    return any(name == noun or name.startswith(f"{noun}_") for noun in nouns)


def test_every_test_lies_where_its_subject_lies():
    tests = [path for room in MIRRORED for path in (ROOT / "tests" / room).rglob("test_*.py")]
    assert [str(path.relative_to(ROOT)) for path in tests if not is_mirror(path)] == []


def test_a_test_of_nothing_is_found():
    assert not is_mirror(ROOT / "tests" / "downloads" / "test_nothing_of_ours.py")
