"""Real programs save a file under its name, whichever form of it they know.

No faster test could do: each program reads names in its own way.
"""

import os
import shutil
import subprocess

import pytest

from storefront.http.file_names import plain_name
from tests.missing import do_without

pytestmark = pytest.mark.slow

NAMES = ["Für Elise.mp3", "ספר שלי.azw3", "100% 😀 “a'b”.pdf"]
# Each program, with what it makes of a name. curl knows the plain form alone.
PROGRAMS = {
    "curl -OJ": (["curl", "--silent", "--fail", "-OJ"], plain_name),
    "wget": (["wget", "--quiet"], str),
    "wget, by header": (["wget", "--quiet", "--content-disposition"], str),
    "aria2c": (["aria2c", "--quiet", "--allow-overwrite=true"], str),
}


@pytest.mark.parametrize("way", ["application", "nginx"])
def test_each_program_saves_a_file_under_its_name(ways, way, tmp_path):
    saved = {}
    for number, name in enumerate(NAMES):
        file = ways.service.ask("add_file", name=name, size_bytes=5000)
        paths = ways.service.paths(file["grant"], len(PROGRAMS))
        for (program, (command, _form)), path in zip(PROGRAMS.items(), paths, strict=True):
            if shutil.which(command[0]) is None:
                do_without(command[0])
            folder = tmp_path / f"{program} {number}"
            folder.mkdir()
            address = f"http://127.0.0.1:{ways.port(way)}{path}"
            utf8 = os.environ | {"LC_ALL": "C.UTF-8"}
            subprocess.run([*command, address], cwd=folder, env=utf8, check=True)
            saved[program, name] = os.listdir(folder)
        # One download for each program.
        assert ways.service.counts(file["grant"])["used"] == len(PROGRAMS)
    assert saved == {
        (program, name): [form(name)] for program, (_, form) in PROGRAMS.items() for name in NAMES
    }
