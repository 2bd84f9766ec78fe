"""What runs on both databases is named by paths that exist, and nothing slips out of them."""

from tests import both_databases


def test_every_path_is_one():
    assert [name for name in both_databases.WHY if not (both_databases.HERE / name).exists()] == []


def test_what_lies_there_is_marked_and_nothing_else(request):
    both_databases.mark(request.session.items)
    of_ours = [item for item in request.session.items if item.path.name == "test_both_databases.py"]
    assert of_ours
    assert not any(item.get_closest_marker("both_databases") for item in of_ours)
