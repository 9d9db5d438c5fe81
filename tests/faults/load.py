"""Mixed load that keeps a book: what was acknowledged, and each answer with its time.

The trap: a request whose answer never came may or may not have been done, so the book holds only
what an answer said, and a credential leaves `live` before its deletion is asked for.
"""

import random
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import httpx

from tests import jws
from tests.people import CLIENTS, ME, TOKEN, Credential, Person, add_credential
from tests.proofs import claims
from tests.protocol.table import BEARER_TYPE
from tests.service import Service

GRANT = {"grant_type": "client_credentials"}
REVOKE = "/api/v1/auth/jwt/revoke"
JWKS = "/.well-known/jwks.json"
METADATA = "/.well-known/oauth-authorization-server"
LOST = 0  # in place of a status: no answer came
_MOST_LIVE = 20  # credentials a worker keeps


@dataclass(frozen=True)
class Seen:
    """One answer: when it came (monotonic), what was asked, status, seconds, `Retry-After`."""

    at: float
    what: str
    status: int
    seconds: float
    retry_after: str | None


@dataclass
class Book:
    """What the service has acknowledged."""

    live: dict[str, Credential] = field(default_factory=dict[str, Credential])
    deleted: list[Credential] = field(default_factory=list[Credential])
    revoked: list[str] = field(default_factory=list[str])
    accepted: list[str] = field(default_factory=list[str])
    seen: list[Seen] = field(default_factory=list[Seen])

    def add(self, other: "Book") -> None:
        """Take over what another book holds."""
        self.live |= other.live
        self.deleted += other.deleted
        self.revoked += other.revoked
        self.accepted += other.accepted
        self.seen += other.seen

    @property
    def writes(self) -> int:
        """How many acknowledged changes it holds."""
        return len(self.live) + 2 * len(self.deleted) + len(self.revoked) + len(self.accepted)


def assertion(service: Service, app: Credential, **changes: object) -> str:
    """A right assertion of five minutes by the service's clock, by the secret."""
    now = int(time.time()) + (service.clock_ahead or 0)
    payload = jws.dump(claims(service, app.client_id, iat=now, exp=now + 300, **changes))
    return jws.compact(b'{"alg":"HS256"}', payload, app.client_secret.encode()).decode()


def by_assertion(text: str) -> dict[str, str]:
    """The form that shows an assertion."""
    return GRANT | {"client_assertion_type": BEARER_TYPE, "client_assertion": text}


class Asker:
    """One client of the service, which writes what it is told into its own book."""

    def __init__(self, service: Service, owner: Person, timeout: float = 30) -> None:
        """Take the service, and who owns what is made; nothing is asked yet."""
        self.book = Book()
        self._service, self._owner = service, owner
        self._http = httpx.Client(base_url=service.url, trust_env=False, timeout=timeout)

    def ask(self, what: str, method: str, path: str, **options: Any) -> httpx.Response | None:
        """Ask; None where no answer came."""
        begun, answer = time.monotonic(), None
        try:
            answer = self._http.request(method, path, **options)
        except httpx.TransportError:
            time.sleep(0.01)
        end = time.monotonic()
        status = LOST if answer is None else answer.status_code
        retry_after = None if answer is None else answer.headers.get("Retry-After")
        self.book.seen.append(Seen(end, what, status, end - begun, retry_after))
        return answer

    def close(self) -> None:
        """Close the connections."""
        self._http.close()

    # What it may do

    def create(self) -> None:
        """Make app credentials."""
        answer = self.ask("create", "POST", CLIENTS, json={}, headers=self._owner.bearer)
        if answer is not None and answer.status_code == 201:
            made = answer.json()
            app = Credential(made["client_id"], made["client_secret"], self._owner)
            self.book.live[app.client_id] = app
        if len(self.book.live) > _MOST_LIVE:
            self.delete()

    def delete(self) -> None:
        """Delete one of its credentials."""
        if self.book.live:
            app = self.book.live.pop(random.choice(list(self.book.live)))
            path = f"{CLIENTS}/{app.client_id}"
            answer = self.ask("delete", "DELETE", path, headers=self._owner.bearer)
            if answer is not None and answer.status_code == 204:
                self.book.deleted.append(app)

    def token(self) -> str | None:
        """Get a token by secret; None where it was refused."""
        app = self._app()
        if app is None:
            return None
        auth = (app.client_id, app.client_secret)
        answer = self.ask("token", "POST", TOKEN, data=GRANT, auth=auth)
        if answer is None or answer.status_code != 200:
            return None
        found: str = answer.json()["access_token"]
        return found

    def revoke(self) -> None:
        """Get a token, and revoke it."""
        token = self.token()
        if token is not None:
            form, bearer = {"token": token}, self._owner.bearer
            answer = self.ask("revoke", "POST", REVOKE, data=form, headers=bearer)
            if answer is not None and answer.status_code == 200:
                self.book.revoked.append(token)

    def show_assertion(self) -> None:
        """Get a token by assertion."""
        app = self._app()
        if app is not None:
            text = assertion(self._service, app)
            answer = self.ask("assertion", "POST", TOKEN, data=by_assertion(text))
            if answer is not None and answer.status_code == 200:
                self.book.accepted.append(text)

    def list_own(self) -> None:
        """List the owner's credentials, a few."""
        self.ask("list", "GET", f"{CLIENTS}?limit=5", headers=self._owner.bearer)

    def documents(self) -> None:
        """Read what who checks tokens offline needs."""
        self.ask("jwks", "GET", JWKS)
        self.ask("metadata", "GET", METADATA)

    def _app(self) -> Credential | None:
        return random.choice(list(self.book.live.values())) if self.book.live else None


Do = Callable[[Asker], object]
WRITES: tuple[Do, ...] = (
    Asker.create,
    Asker.delete,
    Asker.token,
    Asker.revoke,
    Asker.show_assertion,
)
ALL: tuple[Do, ...] = (*WRITES, Asker.list_own, Asker.documents)


class Load:
    """Threads that ask at random until told to end."""

    def __init__(
        self, service: Service, owner: Person, does: Sequence[Do] = WRITES, threads: int = 3
    ) -> None:
        """Begin."""
        self._does, self._end, self._lock = does, threading.Event(), threading.Lock()
        self._broken: list[BaseException] = []
        self._askers = [Asker(service, owner) for _ in range(threads)]
        self._threads = [threading.Thread(target=self._work, args=[each]) for each in self._askers]
        for asker in self._askers:
            app = add_credential(service, owner)
            asker.book.live[app.client_id] = app
        for thread in self._threads:
            thread.start()

    def run(self, seconds: float) -> Book:
        """Let it go on for so long, and end."""
        time.sleep(seconds)
        return self.end()

    def end(self) -> Book:
        """End; all that the askers' books hold."""
        self._end.set()
        for thread in self._threads:
            thread.join()
        if self._broken:
            raise self._broken[0]
        book = Book()
        for asker in self._askers:
            asker.close()
            book.add(asker.book)
        return book

    def _work(self, asker: Asker) -> None:
        try:
            while not self._end.is_set():
                random.choice(self._does)(asker)
        except BaseException as error:  # noqa: BLE001 - it is raised again in the test's thread
            self._broken.append(error)


def wrongs(service: Service, book: Book) -> list[str]:
    """What the service holds against its word, one line each."""
    found: list[str] = []
    with httpx.Client(base_url=service.url, trust_env=False, timeout=30) as http:

        def token(app: Credential) -> int:
            auth = (app.client_id, app.client_secret)
            return http.post(TOKEN, data=GRANT, auth=auth).status_code

        def bearer(token: str) -> int:
            return http.get(ME, headers={"Authorization": f"Bearer {token}"}).status_code

        found += [f"lost {each}" for each, app in book.live.items() if token(app) != 200]
        found += [f"back {app.client_id}" for app in book.deleted if token(app) != 401]
        found += [f"active {each}" for each in book.revoked if bearer(each) != 401]
        for text in book.accepted:
            if http.post(TOKEN, data=by_assertion(text)).status_code != 401:
                found.append(f"twice {text}")
    return found
