"""Every manifest looked at by its own program: `make deploy-check`, `python -m tests.deploy.check`.

Trap: a program that is missing is a failure here, never a skip; nothing is sent anywhere.
"""

import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from trustme import CA

from tests.deploy.chart import render
from tests.shape.tree import ROOT

BIN = Path(sys.executable).parent
DEPLOY = ROOT / "deploy"
GITHUB = ROOT / ".github"
EXPOSURE = 15  # tenths, at most, of what `systemd-analyze security` counts


def main() -> None:
    """Run all; raises CalledProcessError or AssertionError at the first that finds a fault."""
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        _run("hadolint", DEPLOY / "Dockerfile")
        _schema("compose-spec", DEPLOY / "compose.yaml")
        manifests = render(home)
        _run("kubernetes-validate", "--strict", *manifests)
        _systemd(home)
        for text in _nginx_texts():
            _nginx(home, text)
        _run("caddy", "validate", "--adapter", "caddyfile", "--config", DEPLOY / "proxy/Caddyfile")
    monitoring = DEPLOY / "monitoring"
    _run("promtool", "check", "rules", monitoring / "alerts.yaml")
    _run("promtool", "test", "rules", monitoring / "alerts.test.yaml")
    _schema("github-workflows", *GITHUB.glob("workflows/*.yml"))
    _schema("github-issue-forms", *GITHUB.glob("ISSUE_TEMPLATE/[!c]*.yml"))
    _schema("github-issue-config", GITHUB / "ISSUE_TEMPLATE" / "config.yml")
    _schema("dependabot", GITHUB / "dependabot.yml")


def _run(program: str, *args: str | Path) -> None:
    where = os.pathsep.join([str(BIN), os.environ["PATH"], "/usr/sbin"])
    found = shutil.which(program, path=where)
    assert found, f"{program} is not installed"
    sys.stdout.write(f"{program} {' '.join(map(str, args))}\n")
    sys.stdout.flush()
    subprocess.run([found, *args], check=True)


def _schema(name: str, *files: Path) -> None:
    assert files, name
    _run("check-jsonschema", "--builtin-schema", f"vendor.{name}", *files)


def _systemd(home: Path) -> None:
    """Verify the unit with a program that is there in place of the service's, and count."""
    unit = DEPLOY / "systemd" / "tokenhouse.service"
    copy = home / unit.name
    copy.write_text(
        unit.read_text("utf-8").replace("/opt/tokenhouse/bin/tokenhouse", sys.executable), "utf-8"
    )
    _run("systemd-analyze", "verify", "--man=no", copy)
    _run(
        "systemd-analyze",
        "security",
        "--offline=true",
        "--no-pager",
        f"--threshold={EXPOSURE}",
        unit,
    )


def _nginx_texts() -> list[str]:
    """The configuration, and what the guide shows of one."""
    guide = (ROOT / "docs" / "guides" / "nginx.md").read_text("utf-8")
    shown = re.findall(r"^```nginx\n(.*?)^```$", guide, re.MULTILINE | re.DOTALL)
    assert shown
    return [(DEPLOY / "proxy" / "nginx.conf").read_text("utf-8"), *shown]


def _nginx(home: Path, text: str) -> None:
    """Test a server block in a whole configuration, with a certificate made for the moment."""
    certificate = CA().issue_cert("auth.example.com")
    certificate.private_key_and_cert_chain_pem.write_to_path(home / "both.pem")
    for path in ("/etc/ssl/auth.example.com.pem", "/etc/ssl/auth.example.com.key"):
        text = text.replace(path, str(home / "both.pem"))
    kinds = ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    paths = "".join(f"{kind}_temp_path {home}/{kind};\n" for kind in kinds)
    whole = home / "nginx.conf"
    whole.write_text(
        f"pid {home}/nginx.pid;\nerror_log stderr;\nevents {{}}\n"
        f"http {{\naccess_log off;\n{paths}{text}}}\n",
        "utf-8",
    )
    _run("nginx", "-t", "-c", whole)


if __name__ == "__main__":
    main()
