"""Starting, timing and ending the servers: the raw ASGI ceiling and Tokenhouse itself."""

import http.client
import json
import os
import secrets
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Generator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from http import HTTPStatus
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric import ec

from bench.credential import Credential, Person, jwk
from bench.machine import Cores, on_cores
from bench.request import CLIENTS, BenchError, Request, ask, ask_json

ROOT = Path(__file__).resolve().parent.parent
UVICORN = ("--loop", "uvloop", "--http", "httptools", "--lifespan", "off", "--no-access-log")
PATIENCE = 30.0  # seconds that a server may take to come up
JSON = {"Content-Type": "application/json"}


@dataclass(frozen=True)
class Site:
    """Where servers run: cores, folder of data and logs, the database if elsewhere; and how."""

    cores: Cores
    folder: Path
    database_url: str | None = None
    database_pid: int | None = None  # of a PostgreSQL that is here for this alone
    environment: tuple[tuple[str, str], ...] = ()  # of Tokenhouse, beside its defaults

    @property
    def data(self) -> Path:
        """Tokenhouse's data directory."""
        return self.folder / "data"

    @property
    def sample(self) -> Path:
        """Credentials of an installation that was seeded (`bench.seed`), one a line."""
        return self.folder / "sample"

    @property
    def options(self) -> list[str]:
        """The options of every command, which say where the installation is."""
        url = [] if self.database_url is None else ["--database-url", self.database_url]
        return ["--data-dir", str(self.data), *url]


@dataclass(frozen=True)
class Server:
    """A running server.

    Attributes:
        start_seconds: from exec to its first 200 at `/healthz`.
        database_pid: the database that works for it, where that is a process.

    """

    pid: int
    port: int
    start_seconds: float
    database_pid: int | None = None


@contextmanager
def raw_asgi(site: Site, answer_bytes: int, workers: int = 1) -> Generator[Server]:
    """The ceiling: as many workers, which answer so many bytes."""
    port = free_port()
    command = ["uvicorn", "bench.raw_asgi:app", *UVICORN, "--port", str(port)]
    command += ["--workers", str(workers)]
    with _running(site, port, command, {"RAW_ASGI_BYTES": str(answer_bytes)}) as server:
        yield server


@contextmanager
def tokenhouse(
    site: Site, port: int, workers: int = 1, program: tuple[str, ...] = ("tokenhouse",)
) -> Generator[Server]:
    """`tokenhouse serve` with default settings: SQLite with `synchronous=FULL`."""
    command = [*program, "serve", *site.options, "--port", str(port)]
    command += ["--workers", str(workers)]
    with _running(site, port, command, dict(site.environment)) as server:
        yield server


def add_user(site: Site, email: str) -> Person:
    """Add a user by the command line."""
    password = secrets.token_urlsafe(24)
    command = ("-m", "tokenhouse", "user", "add", email, "--password-stdin")
    added = subprocess.run(  # noqa: S603 - the command is ours
        [sys.executable, *command, *site.options],
        input=password.encode(),
        capture_output=True,
        env=_environment({}),
        cwd=ROOT,
        check=False,
    )
    if added.returncode:
        raise BenchError(f"{' '.join(command)} failed:\n{added.stderr.decode()}")
    return Person(email, password)


def make_credential(site: Site, server: Server) -> Credential:
    """Add a user, sign in, and create app credentials and a key over HTTP."""
    owner = add_user(site, f"bench{time.time_ns()}@example.com")
    token = ask_json(server.port, owner.sign_in)["access_token"]
    bearer = {"Authorization": f"Bearer {token}"}
    made, keyed = (ask_json(server.port, Request(CLIENTS, headers=bearer)) for _ in range(2))
    key = ec.generate_private_key(ec.SECP256R1())
    path, headers = f"{CLIENTS}/{keyed['client_id']}/jwks", {**bearer, **JSON}
    ask_json(server.port, Request(path, "PUT", headers, json.dumps({"keys": [jwk(key)]})))
    return Credential(
        client_id=made["client_id"],
        client_secret=made["client_secret"],
        key_client_id=keyed["client_id"],
        key=key,
        owner=owner,
        owner_id=made["user_id"],
        port=server.port,
        place=tuple(site.options),
        sample=site.sample,
    )


def free_port() -> int:
    """A port of loopback that nothing listens on just now."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port: int = listener.getsockname()[1]
    return port


def _environment(more: dict[str, str]) -> dict[str, str]:
    """Ours, less every setting of Tokenhouse: its defaults are measured."""
    return {
        name: value for name, value in os.environ.items() if not name.startswith("TOKENHOUSE_")
    } | more


@contextmanager
def _running(
    site: Site, port: int, module: list[str], environment: dict[str, str]
) -> Generator[Server]:
    path = site.folder / f"{module[0]}.log"
    with path.open("ab") as log, on_cores(site.cores.server):
        begun = time.monotonic()
        process = subprocess.Popen(  # noqa: S603 - the command is ours
            [sys.executable, "-m", *module],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            env=_environment(environment),
            cwd=ROOT,
            start_new_session=True,
        )
    try:
        with on_cores(site.cores.load):
            while not _healthy(port):
                if process.poll() is not None or time.monotonic() - begun > PATIENCE:
                    raise BenchError(
                        f"{path.stem} did not come up:\n{path.read_text('utf-8')[-2000:]}"
                    )
                time.sleep(0.002)
            took = time.monotonic() - begun
        yield Server(process.pid, port, took, site.database_pid)
    finally:
        _stop(process)


def _healthy(port: int) -> bool:
    try:
        return ask(port, Request("/healthz", "GET"))[0] == HTTPStatus.OK
    except (OSError, http.client.HTTPException):
        return False


def _stop(process: subprocess.Popen[bytes]) -> None:
    """End a server that we started, with its workers, which are in its session."""
    for number in (signal.SIGTERM, signal.SIGKILL):
        with suppress(ProcessLookupError):
            os.killpg(process.pid, number)
        with suppress(subprocess.TimeoutExpired):
            process.wait(5)
            return
