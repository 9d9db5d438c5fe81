"""The public client `spatiafi`, nothing of it changed, run as a program.

`spatiafi_flow.py FLOW API_URL FRONT_PORT` writes what the flow got as one JSON line.
Owns: one flow a function, and the only thing that is not as on a user's machine: the one host name
in the package leads to loopback, and port 443 there to the TLS front. No other name is resolved.
Environment: USERNAME and PASSWORD for `first_use`, the package's own variables for the renewals.
"""

import asyncio
import json
import os
import socket
import sys
from collections.abc import AsyncGenerator, Callable, Generator
from contextlib import asynccontextmanager, contextmanager
from importlib import import_module
from typing import Any
from unittest.mock import patch

HOST = "127.0.0.1"
AUTH_HOST = "auth.spatiafi.com"
LONGER_THAN_A_TOKEN_LIVES = 3600  # seconds

Answer = dict[str, Any]


@contextmanager
def loopback(front_port: int) -> Generator[None]:
    """Lead the package's host name to loopback, and port 443 there to the TLS front."""
    resolve, connect = socket.getaddrinfo, socket.socket.connect

    def getaddrinfo(host: str | bytes | None, *args: Any, **options: Any) -> Any:
        name = host.decode() if isinstance(host, bytes) else host
        if name not in {AUTH_HOST, HOST}:
            raise socket.gaierror(socket.EAI_NONAME, f"no test may look up {name}")
        return resolve(HOST, *args, **options)

    def connect_to_front(self: socket.socket, address: Any) -> None:
        connect(self, (HOST, front_port) if address == (HOST, 443) else address)

    with (
        patch.object(socket, "getaddrinfo", getaddrinfo),
        patch.object(socket.socket, "connect", connect_to_front),
    ):
        yield


def first_use(api_url: str) -> Answer:
    """Password, app credentials, and an API call with each of the two sessions."""
    auth, sessions = package("auth"), package("session")
    token = auth.get_basic_auth_token(os.environ["USERNAME"], os.environ["PASSWORD"])
    credentials = auth.get_new_app_credentials(token)
    session = sessions.get_session()
    return {
        "credentials": credentials,
        "sync": seen(session.get(api_url)),
        "async": asyncio.run(call_async(api_url)),
    }


async def call_async(api_url: str) -> Answer:
    """An API call with the async session, by the credentials that the package has stored."""
    async with an_async_session() as session:
        return seen(await session.get(api_url))


def prompted(api_url: str) -> Answer:
    """No credentials yet: the package asks for e-mail and password on standard input."""
    return {"sync": seen(package("session").get_session().get(api_url))}


def renewal(api_url: str) -> Answer:
    """Three API calls and their tokens; before the last, the client takes its token for expired."""
    session = package("session").get_session()
    answers: list[Answer] = []
    tokens: list[Answer] = []
    for age in (0, 0, LONGER_THAN_A_TOKEN_LIVES):
        session.token["expires_at"] -= age
        answers.append(seen(session.get(api_url)))
        tokens.append(dict(session.token))
    return {"answers": answers, "tokens": tokens}


async def renewal_async(api_url: str) -> Answer:
    """The same with the async session."""
    answers: list[Answer] = []
    tokens: list[Answer] = []
    async with an_async_session() as session:
        for age in (0, 0, LONGER_THAN_A_TOKEN_LIVES):
            session.token["expires_at"] -= age
            answers.append(seen(await session.get(api_url)))
            tokens.append(dict(session.token))
    return {"answers": answers, "tokens": tokens}


@asynccontextmanager
async def an_async_session() -> AsyncGenerator[Any]:
    """The async session, closed at the end; it opened itself when it fetched its token."""
    session = await package("session").get_async_session()
    try:
        yield session
    finally:
        await session.aclose()


def package(module: str) -> Any:
    """A module of the public client, which carries no types."""
    return import_module(f"spatiafi.{module}")


def seen(response: Any) -> Answer:
    """What the API answered."""
    return {"status": response.status_code, "body": response.json()}


FLOWS: dict[str, Callable[[str], Answer]] = {
    "first_use": first_use,
    "prompted": prompted,
    "renewal": renewal,
    "renewal_async": lambda api_url: asyncio.run(renewal_async(api_url)),
}

if __name__ == "__main__":
    _, flow, where, port = sys.argv
    with loopback(int(port)):
        sys.stdout.write(json.dumps(FLOWS[flow](where)) + "\n")
