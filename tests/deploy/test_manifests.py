"""The files of deploy/ parse, harden what they start, and speak of settings that there are.

What needs a program of somebody else's (Helm, hadolint, nginx, …) is looked at by
`make deploy-check`, tests/deploy/check.py.
"""

import re
import tomllib
from typing import Any

import pytest
import yaml

from tests.shape.tree import ROOT
from tokenhouse.settings import Settings
from tokenhouse.settings.loading import load

DEPLOY = ROOT / "deploy"
FILES = sorted(
    file for file in DEPLOY.rglob("*") if file.is_file() and "monitoring" not in file.parts
)
VARIABLE = re.compile(r"TOKENHOUSE_([A-Z_]+)\b")
IN_A_COMMENT = re.compile(r"#   (issuer = .*)")


@pytest.fixture(scope="module")
def services() -> dict[str, Any]:
    """The services of the compose file."""
    found: dict[str, Any] = yaml.safe_load((DEPLOY / "compose.yaml").read_text("utf-8"))["services"]
    return found


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.relative_to(DEPLOY).as_posix())
def test_every_variable_is_a_setting(file: Any) -> None:
    named = {name.rstrip("_").lower() for name in VARIABLE.findall(file.read_text("utf-8"))}
    assert named - Settings.model_fields.keys() == set()


def test_compose_starts_what_the_service_can_use(services: dict[str, Any]) -> None:
    given = services["tokenhouse"]["environment"] | {"TOKENHOUSE_ISSUER": "https://a.example"}
    settings = load({"host": "0.0.0.0"}, environ=given).settings  # noqa: S104 - as the image has it
    assert settings.behind_tls_proxy
    assert settings.trusted_proxies
    assert services["tokenhouse"]["depends_on"] == {
        "upgrade": {"condition": "service_completed_successfully"}
    }


@pytest.mark.parametrize("name", ["tokenhouse", "upgrade"])
def test_compose_hardens_its_containers(services: dict[str, Any], name: str) -> None:
    service = services[name]
    assert service["read_only"]
    assert service["cap_drop"] == ["ALL"]
    assert service["security_opt"] == ["no-new-privileges:true"]
    for port in service.get("ports", []):
        assert port.startswith("127.0.0.1:")


def test_image_ends_as_somebody_without_rights() -> None:
    text = (DEPLOY / "Dockerfile").read_text("utf-8")
    assert re.findall(r"^USER (\S+)$", text, re.MULTILINE) == ["10001:10001"]
    assert "--require-hashes" in text


@pytest.mark.parametrize("name", ["nginx.conf", "Caddyfile"])
def test_proxy_keeps_to_the_limits_and_names_settings_that_fit(name: str) -> None:
    text = (DEPLOY / "proxy" / name).read_text("utf-8")
    assert re.search(r"(client_max_body_size +64k;|max_size 64KiB)", text)
    (line,) = IN_A_COMMENT.findall(text)
    toml = re.sub(r", (?=[a-z])", "\n", line)
    settings = load(tomllib.loads(toml), environ={}).settings
    assert settings.behind_tls_proxy
    assert settings.trusted_proxies


def test_unit_gives_no_rights() -> None:
    text = (DEPLOY / "systemd" / "tokenhouse.service").read_text("utf-8")
    options = dict(re.findall(r"^([A-Za-z]+)=(.*)$", text, re.MULTILINE))
    assert options["User"] not in {"", "root"}
    assert options["CapabilityBoundingSet"] == ""
    for name in ("NoNewPrivileges", "MemoryDenyWriteExecute", "PrivateDevices", "ProtectHome"):
        assert options[name] == "yes"
    assert options["ProtectSystem"] == "strict"


def test_chart_has_the_version_of_the_package() -> None:
    chart = yaml.safe_load((DEPLOY / "helm/tokenhouse/Chart.yaml").read_text("utf-8"))
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    assert chart["appVersion"] == project["version"]
