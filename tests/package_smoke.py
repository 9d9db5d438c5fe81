"""The main job, done by the wheel alone in a new environment, as whoever installs it has it.

`python -m tests.package_smoke WHEEL LOCK` installs what LOCK pins by hash and the wheel, nothing
else; then it runs `--version`, `serve --first-user`, gets a token for the person and one for a
program, and asks the doctor. Only the standard library is used on this side: no other package of
the project is in reach. `make package-smoke` runs it; it takes too long for `make test`.
"""

import json
import os
import re
import signal
import subprocess
import sys
import tempfile
import time
import venv
from base64 import b64encode
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from urllib.request import ProxyHandler, Request, build_opener

SECONDS = 60
EMAIL = "you@example.com"
AUTH = "/api/v1/auth/jwt"
_opener = build_opener(ProxyHandler({}))


def main(wheel: Path, lock: Path) -> None:
    """Do all of it; raises AssertionError or CalledProcessError where something is not right."""
    began = time.monotonic()
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        python = _environment(home / "environment", wheel, lock)
        installed = time.monotonic()
        version = wheel.name.split("-")[1]
        said = _run(home, python, "-m", "tokenhouse", "--version")
        assert said == f"tokenhouse {version}\n", said
        _serve(home, python)
        seconds = time.monotonic() - installed
    sys.stdout.write(
        f"{wheel.name}: installed in {installed - began:.0f} s, the main job in {seconds:.0f} s\n"
    )


def _environment(folder: Path, wheel: Path, lock: Path) -> Path:
    """Make the environment; returns its Python."""
    venv.create(folder, with_pip=True)
    python = folder / "bin" / "python"
    pip: list[str | Path] = [python, "-m", "pip", "--disable-pip-version-check", "--no-input"]
    install = [*pip, "install", "--quiet"]
    locked = [*install, "--require-hashes", "--only-binary", ":all:", "-r", lock]
    subprocess.run(locked, check=True)
    subprocess.run([*install, "--no-deps", "--no-index", wheel], check=True)
    subprocess.run([*pip, "check"], check=True)
    return python


def _bare() -> dict[str, str]:
    """Return the environment without what could lead to the source or to other settings."""
    return {k: v for k, v in os.environ.items() if not k.startswith(("PYTHON", "TOKENHOUSE"))}


def _run(home: Path, *command: str | Path) -> str:
    return subprocess.run(
        command, cwd=home, env=_bare(), check=True, stdout=subprocess.PIPE, text=True
    ).stdout


def _serve(home: Path, python: Path) -> None:
    """Serve an empty folder by the installed command, and use the service."""
    tokenhouse = python.with_name("tokenhouse")
    port = str(20_000 + os.getpid() % 10_000)
    with subprocess.Popen(
        [tokenhouse, "serve", "--port", port, "--first-user", EMAIL],
        cwd=home,
        env=_bare(),
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        try:
            _use(*_welcome(process))
            _run(home, python, *_image_check(port))
            sys.stdout.write(_run(home, tokenhouse, "doctor", "--config", _settings(home, port)))
        finally:
            process.send_signal(signal.SIGTERM)
    assert process.returncode == 0, process.returncode


def _image_check(port: str) -> list[str]:
    """What deploy/Dockerfile has run to see whether its container is well, less the Python."""
    text = Path(__file__).parents[1].joinpath("deploy", "Dockerfile").read_text("utf-8")
    (command,) = re.findall(r"^ +CMD (\[.+\])$", text, re.MULTILINE)
    said: list[str] = json.loads(command.replace("8000", port))
    return said[1:]


def _settings(home: Path, port: str) -> Path:
    """Write the settings file by which the doctor finds the service; returns it."""
    file = home / "tokenhouse.toml"
    file.write_text(f"port = {port}\n", "utf-8")
    return file


def _welcome(process: subprocess.Popen[str]) -> tuple[str, str]:
    """Read what the first start prints; returns the address and the password."""
    assert process.stdout is not None
    text = ""
    for line in process.stdout:
        text += line
        if line.startswith("Documentation:"):
            break
    address, password = (
        re.search(pattern, text) for pattern in (r"listens on (\S+)", r"password +(\S+)\n")
    )
    assert address, text
    assert password, text
    return address[1], password[1]


def _use(url: str, password: str) -> None:
    """Get a token by password, make app credentials, get a token by these, and use it."""
    token = _ask(url + AUTH + "/token/basic", basic=(EMAIL, password))
    made = _ask(url + "/api/v1/clients", b"", bearer=token["access_token"])
    app = (made["client_id"], made["client_secret"])
    own = _ask(url + AUTH + "/token", b"grant_type=client_credentials", basic=app)
    assert own["expires_in"] == 900, own.keys()
    me = _ask(url + "/api/v1/users/me", bearer=own["access_token"])
    assert me["email"] == EMAIL, me
    assert _ask(url + "/readyz") == {"status": "ok"}


def _ask(
    url: str,
    body: bytes | None = None,
    *,
    basic: tuple[str, str] | None = None,
    bearer: str | None = None,
) -> dict[str, Any]:
    """Ask once; returns the JSON object of a good answer."""
    assert urlsplit(url).hostname == "127.0.0.1", url
    request = Request(url, body)  # noqa: S310 - an address of this machine
    if basic:
        request.add_header("Authorization", "Basic " + b64encode(":".join(basic).encode()).decode())
    if bearer:
        request.add_header("Authorization", f"Bearer {bearer}")
    with _opener.open(request, timeout=SECONDS) as answer:
        found: dict[str, Any] = json.load(answer)
    return found


if __name__ == "__main__":
    main(Path(sys.argv[1]).resolve(), Path(sys.argv[2]).resolve())
