"""Every secret that the suite sends or gets, looked for in all that its servers leave behind.

    python -m pytest --canary FOLDER

Servers then log at the level `debug`. Owns: noting the secrets of this process's tests, and the
search in data directories, logs, and those of PostgreSQL with its write-ahead log. Trap: a test may
send as a password what is none (an address, a UUID); such are left out, and what is too short.

PYTEST_DONT_REWRITE: others import it before pytest does.
"""

import json
import re
import subprocess
from base64 import b64decode, b64encode
from collections.abc import Iterable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any, cast
from urllib.parse import parse_qsl

import httpx
import pytest

LEAST = 16  # characters of what could not stand anywhere by chance
IN_FORMS = {"password", "client_secret", "client_assertion", "token"}
IN_JSON = {
    "access_token",
    "client_secret",
    "password",
    "current_password",
    "new_password",
    "secret",
}
NO_SECRET = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}|\S+@\S+|(.)\2*", re.IGNORECASE)
_secrets: set[str] = set()
_places: set[Path] = set()
_hits: set[str] = set()
_is_on = False


def settings() -> dict[str, str]:
    """What servers are told beside what the test wants."""
    return {"TOKENHOUSE_LOG_LEVEL": "debug"} if _is_on else {}


def will_search(place: Path) -> None:
    """Search a folder or file when all tests are over."""
    _places.add(place)


def note_request(headers: Iterable[tuple[str, str | bytes]], body: bytes) -> None:
    """Note the secrets of a request."""
    if not _is_on:
        return
    for name, value in headers:
        if name.lower() in {"authorization", "dpop"}:
            text = value if isinstance(value, str) else value.decode("latin-1")
            _note(_in_authorization(text))
    _note(value for name, value in parse_qsl(body.decode("latin-1")) if name in IN_FORMS)
    _note_json(body)


def _in_authorization(value: str) -> Iterator[str]:
    scheme, _, rest = value.partition(" ")
    yield rest or scheme
    if scheme.lower() == "basic":
        with suppress(ValueError):
            yield b64decode(rest).decode("utf-8", "replace").partition(":")[2]


def _note_json(body: bytes) -> None:
    with suppress(ValueError, RecursionError):
        found: Any = json.loads(body)
        if isinstance(found, dict):
            members = cast("dict[str, object]", found).items()
            _note(str(value) for name, value in members if name in IN_JSON)


def _note(secrets: Iterable[str]) -> None:
    _secrets.update(
        one
        for one in secrets
        if len(one) >= LEAST
        and one.isascii()
        and one.isprintable()
        and not NO_SECRET.fullmatch(one)
    )


def spellings(secret: str) -> set[bytes]:
    """The forms in which `grep` can find it; of a JWT the signature: the rest is no secret."""
    octets = secret.rpartition(".")[2].encode() or secret.encode()
    shifted = (b64encode(b"x" * shift + octets)[shift + 1 : -4] for shift in range(3))
    return {one for one in (octets, octets.hex().encode(), *shifted) if len(one) >= LEAST}


def look(place: Path, secrets: Iterable[str]) -> set[str]:
    """Look for secrets in a folder or file that will not be changed any more: what lies where."""
    patterns = {spelling for secret in secrets for spelling in spellings(secret)}
    done = subprocess.run(
        ["grep", "-raoFHf", "-", place],  # noqa: S607 - it is wherever make is
        input=b"\n".join(patterns),
        capture_output=True,
        check=False,
    )
    assert done.returncode in {0, 1}, done.stderr
    cores = {f"{path}: a core file" for path in place.rglob("core*") if path.is_file()}
    return cores | set(done.stdout.decode("utf-8", "replace").splitlines())


def search(place: Path) -> None:
    """Look for all secrets that were noted so far."""
    if _secrets and place.exists():
        _hits.update(look(place, _secrets))


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add `--canary`."""
    parser.addoption(
        "--canary", type=Path, metavar="FOLDER", help="look for secrets; write hits here"
    )


def pytest_configure(config: pytest.Config) -> None:
    """Begin to note."""
    global _is_on  # noqa: PLW0603 - a run has one answer to it
    folder: Path | None = config.option.canary
    if folder is None:
        return
    folder.mkdir(parents=True, exist_ok=True)
    _is_on = True
    send = httpx.Client.send

    def noting(self: httpx.Client, request: httpx.Request, **options: Any) -> httpx.Response:
        with suppress(httpx.RequestNotRead):
            note_request(request.headers.items(), request.content)
        answer = send(self, request, **options)
        if not options.get("stream"):
            _note_json(answer.content)
        return answer

    httpx.Client.send = noting  # type: ignore[method-assign]  # - because the tests need not know


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish(session: pytest.Session) -> None:
    """Search in the process whose tests these were; tell in the one that the caller sees."""
    folder: Path | None = session.config.option.canary
    if folder is None:
        return
    for place in _places:
        search(place)
    worker = getattr(session.config, "workerinput", {}).get("workerid", "main")
    found = {"secrets": len(_secrets), "places": len(_places), "hits": sorted(_hits)}
    (folder / f"{worker}.json").write_text(json.dumps(found, indent=1), "utf-8")
    if worker == "main":
        _tell(session, [json.loads(one.read_text("utf-8")) for one in folder.glob("*.json")])


def _tell(session: pytest.Session, found: list[dict[str, Any]]) -> None:
    secrets, places = (sum(one[what] for one in found) for what in ("secrets", "places"))
    hits = [hit for one in found for hit in one["hits"]]
    told = f"canary: {secrets} secrets, {places} folders and logs of servers, {len(hits)} hits"
    session.config.get_terminal_writer().line(f"\n{told}")
    if hits or not secrets:
        session.exitstatus = pytest.ExitCode.TESTS_FAILED
