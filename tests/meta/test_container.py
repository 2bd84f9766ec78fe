"""The files that build and run containers, held to each other and to what the service asks."""

import re
from pathlib import Path

import yaml
from django.conf import settings

ROOT = Path(settings.BASE_DIR)
SERVICES = yaml.safe_load((ROOT / "compose.yaml").read_text("utf-8"))["services"]
DOCKERFILE = (ROOT / "Dockerfile").read_text("utf-8")


def test_the_database_is_asked_where_it_will_be_reached():
    """While it is set up for the first time it listens on its socket alone."""
    health = SERVICES["database"]["healthcheck"]
    assert health["test"][:4] == ["CMD", "pg_isready", "-h", "127.0.0.1"]
    assert health["start_period"] == "60s"


def test_both_processes_read_the_same_environment_and_wait_for_the_database():
    service, worker = SERVICES["downloads"], SERVICES["worker"]
    for each in (service, worker):
        assert each["env_file"] == ".env"
        assert each["depends_on"]["database"] == {"condition": "service_healthy"}
    assert service["environment"] == worker["environment"]


def test_a_container_logs_to_standard_output_alone():
    assert re.search(r"^ENV .*\bLOG_TO_FILE=false\b", DOCKERFILE, re.MULTILINE)
    [command] = re.findall(r'^CMD \["sh", "-c", "(.*)"\]$', DOCKERFILE, re.MULTILINE)
    assert command.startswith("exec 2>&1; ")
    assert SERVICES["worker"]["command"][-1].endswith(" 2>&1")


def test_a_container_asks_for_its_health_by_its_own_address():
    [probe] = re.findall(r"^HEALTHCHECK .*CMD (.*)$", DOCKERFILE, re.MULTILINE)
    assert "http://127.0.0.1:8000/healthz" in probe


def test_logrotate_keeps_the_file_that_is_written():
    rules = (ROOT / "config" / "logrotate.conf").read_text("utf-8")
    assert re.search(r"^\S+/logs/downloads\.log \{$", rules, re.MULTILINE)
    assert "copytruncate" not in rules
