import resource

import pytest

from config.server.open_files import open_files


@pytest.mark.parametrize(
    ("limits", "wanted", "set_to", "returned"),
    [
        ((1024, 4096), 900, None, 1024),
        ((1024, 4096), 2000, (2000, 4096), 2000),
        ((1024, 1500), 2000, (1500, 1500), 1500),
        ((1024, resource.RLIM_INFINITY), 2000, (2000, resource.RLIM_INFINITY), 2000),
        ((resource.RLIM_INFINITY, resource.RLIM_INFINITY), 2000, None, 2000),
    ],
)
def test_the_limit_of_open_files_is_raised_as_far_as_it_goes(
    monkeypatch, limits, wanted, set_to, returned
):
    done = []
    monkeypatch.setattr(resource, "getrlimit", lambda kind: limits)
    monkeypatch.setattr(resource, "setrlimit", lambda kind, to: done.append(to))
    assert open_files(wanted) == returned
    assert done == ([] if set_to is None else [set_to])
