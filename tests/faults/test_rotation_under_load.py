"""Rotate a secret over and over while programs ask for tokens by every method, on two workers.

The bar: never a moment when no secret works, never an old one after its end. The trap: what is
asked around the end may go either way, so a request counts only when it was answered before it or
sent after it.
"""

import random
import threading
import time
from dataclasses import dataclass, field
from datetime import datetime

import httpx
import pytest

from tests import jws
from tests.conftest import StartService
from tests.faults import figure, rounds
from tests.people import TOKEN, Credential, add_credential, add_person
from tests.proofs import claims, secrets_of
from tests.protocol.table import BEARER_TYPE
from tests.service import Service

GRANT = {"grant_type": "client_credentials"}
METHODS = ("client_secret_basic", "client_secret_post", "client_secret_jwt")
SENDERS = 6
OVERLAP = 1  # second


@dataclass(frozen=True)
class Secret:
    """A secret, until when it surely works, and from when on it surely does not, unix seconds."""

    clear: str
    works_until: float = float("inf")
    ended_from: float = float("inf")


@dataclass
class Tally:
    """What is known of the secrets, and what came of the requests."""

    live: list[Secret]
    ended: list[Secret] = field(default_factory=list[Secret])
    good: int = 0
    failed: int = 0
    late: int = 0
    accepted: int = 0
    rotations: int = 0
    broken: list[str] = field(default_factory=list[str])
    lock: threading.Lock = field(default_factory=threading.Lock)

    def count(self, secret: Secret, sent: float, status: int) -> None:
        """Count an answer, if it could only be one."""
        answered = time.time()
        with self.lock:
            if answered < secret.works_until:
                self.good += 1
                self.failed += status != 200
            elif sent >= secret.ended_from:
                self.late += 1
                self.accepted += status != 401

    def choose(self) -> Secret:
        """One of the secrets: mostly live, at times one that has ended."""
        with self.lock:
            if self.ended and random.random() < 0.2:
                return self.ended[-1]
            return random.choice(self.live)


def ask(http: httpx.Client, service: Service, client_id: str, secret: str) -> int:
    """The status of a token request by one of the methods."""
    method = random.choice(METHODS)
    if method == "client_secret_basic":
        return http.post(TOKEN, data=GRANT, auth=(client_id, secret)).status_code
    if method == "client_secret_post":
        form = GRANT | {"client_id": client_id, "client_secret": secret}
        return http.post(TOKEN, data=form).status_code
    payload = jws.dump(claims(service, client_id))
    assertion = jws.compact(b'{"alg":"HS256"}', payload, secret.encode()).decode()
    form = GRANT | {"client_assertion_type": BEARER_TYPE, "client_assertion": assertion}
    return http.post(TOKEN, data=form).status_code


def send(service: Service, client_id: str, tally: Tally, wanted: int) -> None:
    """Ask until so many requests have counted as good, over all senders."""
    with httpx.Client(base_url=service.url, trust_env=False, timeout=30) as http:
        while tally.good < wanted and not tally.broken:
            secret, sent = tally.choose(), time.time()
            tally.count(secret, sent, ask(http, service, client_id, secret.clear))


def rotate(http: httpx.Client, app: Credential, tally: Tally, wanted: int) -> None:
    """Make a new secret as soon as the one before has ended."""
    while tally.good < wanted and not tally.broken:
        with tally.lock:
            (before,) = tally.live
            tally.live = [Secret(before.clear, time.time() + OVERLAP)]
        body = {"old_secret_expires_in": OVERLAP}
        answer = http.post(secrets_of(app), json=body, headers=app.owner.bearer)
        assert answer.status_code == 201, answer.text
        new = Secret(answer.json()["client_secret"])
        old_row = http.get(secrets_of(app), headers=app.owner.bearer).json()[0]
        end = datetime.fromisoformat(old_row["expires_at"]).timestamp()
        with tally.lock:
            tally.live = [Secret(before.clear, end, end), new]
            tally.rotations += 1
        time.sleep(max(0, end - time.time()))
        with tally.lock:
            tally.ended.append(tally.live.pop(0))


def guarded(tally: Tally, work: threading.Thread) -> threading.Thread:
    """A thread whose failure ends the others."""
    run = work.run

    def target() -> None:
        try:
            run()
        except Exception as error:  # noqa: BLE001 - it is told below, in the test's own thread
            tally.broken.append(repr(error))

    return threading.Thread(target=target)


@pytest.mark.timeout(900)
def test_rotation_under_load_fails_nobody(start_service: StartService) -> None:
    service = start_service(workers=2)
    app = add_credential(service, add_person(service))
    wanted, tally = rounds(1_500, 20_000), Tally([Secret(app.client_secret)])
    with httpx.Client(base_url=service.url, trust_env=False, timeout=30) as http:
        works = [
            threading.Thread(target=rotate, args=(http, app, tally, wanted)),
            *(
                threading.Thread(target=send, args=(service, app.client_id, tally, wanted))
                for _ in range(SENDERS)
            ),
        ]
        threads = [guarded(tally, work) for work in works]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    figure(
        f"{tally.rotations} rotations, two workers, basic + post + JWT: "
        f"{tally.failed} of {tally.good} good requests failed; "
        f"{tally.accepted} of {tally.late} after the end were accepted"
    )
    assert tally.broken == []
    assert (tally.failed, tally.accepted) == (0, 0)
    assert tally.good >= wanted
    assert tally.late > 0
    assert tally.rotations > 0
