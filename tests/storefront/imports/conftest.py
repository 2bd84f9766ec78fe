import json

import pytest


@pytest.fixture
def as_json():
    return json.dumps
