import json
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.missing import do_without
from tests.system.harness.service import beside, serving

HERE = Path(__file__).parent
INSTALL = ["ci", "--ignore-scripts", "--no-audit", "--no-fund", "--prefer-offline"]
INSTALL_SECONDS, RUN_SECONDS = 300, 60


@pytest.fixture(scope="session")
def packages(tmp_path_factory):
    """The folder with our scripts and the packages they are written with."""
    npm = shutil.which("npm")
    if npm is None or shutil.which("node") is None:
        do_without("Node.js with npm")
    folder = tmp_path_factory.mktemp("clients")
    for path in (HERE / ".npmrc", *HERE.glob("*.json"), *HERE.glob("*.mjs")):
        shutil.copy(path, folder)
    done = subprocess.run(
        [npm, *INSTALL], cwd=folder, capture_output=True, text=True, timeout=INSTALL_SECONDS
    )
    assert done.returncode == 0, done.stderr
    return folder


@pytest.fixture(scope="session")
def run_script(packages):
    """Return a function that runs one of our scripts and returns what it tells."""

    def run(script, **given):
        done = subprocess.run(
            ["node", script],
            cwd=packages,
            input=json.dumps(given),
            capture_output=True,
            text=True,
            timeout=RUN_SECONDS,
        )
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)

    return run


@pytest.fixture(scope="session")
def service():
    """The service with its defaults."""
    # Node.js fails where a line it is about to use is ended, as on a slow machine it may be.
    with serving(threads=16, GUNICORN_CMD_ARGS="--keep-alive 60") as service:
        yield service


@pytest.fixture(scope="session")
def service_with_get(service):
    """The same, and it answers queries sent with GET."""
    with beside(service, threads=16, GRAPHQL_ALLOW_GET="true") as other:
        yield other


def door_of(service):
    """Return the address of a service's face B, and a storefront key for it."""
    url = f"http://127.0.0.1:{service.port}/api/graphql"
    return {"url": url, "key": service.opens["key"]}
