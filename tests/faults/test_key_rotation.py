"""Signing keys that rotate every five seconds under load: nobody meets a token it cannot check.

The checkers honour `max-age` to the letter: they keep the public keys as long as they may and never
look again because of a `kid` that they do not know.
"""

import json
import re
import threading
import time
from collections import Counter, deque
from dataclasses import dataclass, field

import httpx
import jwt
import pytest

from tests.conftest import StartService
from tests.faults import figure, rounds
from tests.people import ME, TOKEN, Credential, add_credential, add_person
from tests.service import Service

JWKS = "/.well-known/jwks.json"
ROTATION = 5.0  # seconds
SETTINGS = {
    "key_rotation_days": f"{ROTATION / 86400:.9f}",
    "key_publication_lead": "4",
    "jwks_max_age": "1",
}
AGES = (0.0, 2.0, 8.0)  # seconds after which a token is checked


@dataclass
class Checker:
    """An API that checks offline: what it kept, and what it found."""

    service: Service
    http: httpx.Client
    keys: dict[str, jwt.PyJWK] = field(default_factory=dict[str, jwt.PyJWK])
    good_until: float = 0.0

    def check(self, token: str) -> str:
        """Check a token with the keys at hand; "good", or what is wrong with it."""
        if time.monotonic() >= self.good_until:
            answer = self.http.get(JWKS)
            age = re.fullmatch(r"max-age=(\d+)", answer.headers["Cache-Control"])
            assert age is not None
            self.keys = {key.key_id or "": key for key in jwt.PyJWKSet(answer.json()["keys"]).keys}
            self.good_until = time.monotonic() + int(age[1])
        key = self.keys.get(jwt.get_unverified_header(token)["kid"])
        if key is None:
            return "unknown key"
        try:
            jwt.decode(token, key, ["ES256"], audience=self.service.url)
        except jwt.PyJWTError as error:
            return type(error).__name__
        return "good"


@dataclass
class Load:
    """Threads that get tokens and check them, soon and later; what each check said."""

    service: Service
    app: Credential
    until: float
    found: Counter[str] = field(default_factory=Counter[str])
    signed_by: Counter[str] = field(default_factory=Counter[str])

    def run(self, threads: int) -> None:
        """Work until the time is over."""
        working = [threading.Thread(target=self._work) for _ in range(threads)]
        for thread in working:
            thread.start()
        for thread in working:
            thread.join()

    def _work(self) -> None:
        waiting: deque[tuple[float, str]] = deque()
        with httpx.Client(base_url=self.service.url, trust_env=False, timeout=30) as http:
            checker = Checker(self.service, http)
            while time.monotonic() < self.until:
                token = self._token(http)
                self.signed_by[jwt.get_unverified_header(token)["kid"]] += 1
                waiting.extend((time.monotonic() + age, token) for age in AGES)
                for _ in range(len(waiting)):
                    when, held = waiting.popleft()
                    if when > time.monotonic():
                        waiting.append((when, held))
                    else:
                        self.found[checker.check(held)] += 1
                shown = http.get(ME, headers={"Authorization": f"Bearer {token}"})
                self.found[f"{shown.status_code} at our own door"] += 1

    def _token(self, http: httpx.Client) -> str:
        form = {"grant_type": "client_credentials"}
        answer = http.post(TOKEN, data=form, auth=(self.app.client_id, self.app.client_secret))
        assert answer.status_code == 200, answer.text
        token: str = answer.json()["access_token"]
        return token


@pytest.mark.timeout(300)
def test_keys_rotate_under_load_and_every_check_succeeds(start_service: StartService) -> None:
    service = start_service(SETTINGS, workers=2)
    app = add_credential(service, add_person(service))
    seconds = rounds(16, 60)
    load = Load(service, app, time.monotonic() + seconds)
    load.run(threads=3)
    failures = {what: n for what, n in load.found.items() if what not in GOOD}
    figure(
        f"checks that failed while keys rotated every {ROTATION:.0f} s for {seconds} s: "
        f"{sum(failures.values())} of {load.found['good']:,} by {len(load.signed_by)} keys"
    )
    assert failures == {}
    assert load.found.keys() == GOOD
    assert len(load.signed_by) >= seconds / ROTATION - 1
    listed = service.cli("audit", "list", "--json", "--limit", "100000").stdout
    made = [event["actor"] for event in json.loads(listed) if "signing_key" in event["action"]]
    assert set(made) == {"system"}  # nobody asked for them


GOOD = {"good", "200 at our own door"}
