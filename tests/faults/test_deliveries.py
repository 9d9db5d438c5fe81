"""What webhooks are told outlives `kill -9`, and a receiver that is dead for days.

The bar: 0 acknowledged changes of which the receiver is not told.
"""

import json
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import httpx
import pytest

from tests.api.hooks import Json, Mute, Receiver, Teller, until
from tests.cli.process import at_once
from tests.conftest import WITHOUT_THROTTLE, NewDatabase
from tests.people import add_credential, add_person
from tests.service import Service, free_port
from tokenhouse.store.deliveries import MOST_ATTEMPTS, WAITS


@pytest.fixture
def teller(tmp_path: Path, new_database: NewDatabase, workers: int) -> Iterator[Teller]:
    """A service whose clock can be moved."""
    service = Service(tmp_path, workers, WITHOUT_THROTTLE, new_database(), clock_ahead=0)
    with service, httpx.Client(base_url=service.url, trust_env=False, timeout=30) as http:
        yield Teller(service, http, add_person(service, admin=True))


def test_no_delivery_is_lost_by_a_kill(teller: Teller) -> None:
    mute = Mute()
    made = teller.add(mute.url)
    until(lambda: mute.taken)  # an attempt is under way
    apps = [add_credential(teller.service, teller.admin).client_id for _ in range(10)]
    teller.service.kill9()
    mute.close()
    receiver = Receiver(port=int(mute.url.rstrip("/").rpartition(":")[2]))
    teller.service.clock_ahead = int(WAITS[0]) + 1
    teller.service.start()
    until(lambda: receiver.of("webhook.created"), lambda: teller.log(made))
    until(lambda: len(receiver.of("credential.created")) >= 10, lambda: teller.log(made))
    told = [one.message["data"]["target"] for one in receiver.of("credential.created")]
    assert sorted(told) == sorted(f"credential:{app}" for app in apps)
    until(lambda: {one["state"] for one in teller.log(made)} == {"delivered"})
    (first,) = teller.log(made, "webhook.created")
    assert first["attempts"] == 2
    receiver.close()


def test_dead_receiver_is_given_up_told_and_tried_again(teller: Teller) -> None:
    port, ahead = free_port(), 0
    made = teller.add(f"http://127.0.0.1:{port}/")

    def told() -> Json:
        """The one message; by the command, since the clock soon outlives every token."""
        done = at_once(teller.service, "webhook", "deliveries", "--webhook", made["id"], "--json")
        (one,) = json.loads(done.stdout)
        return dict(one)

    for attempt, wait in enumerate((*WAITS, 0.0), 1):
        until(partial(seen, told, attempt), told)
        ahead += int(wait) + 1
        teller.service.move_clock(ahead)
    assert (told()["state"], told()["attempts"]) == ("failed", MOST_ATTEMPTS)
    teller.service.move_clock(0)
    events = teller.http.get("/api/v1/audit-events", headers=teller.admin.bearer).json()
    given_up = next(one for one in events if one["action"] == "delivery.given_up")
    assert given_up["target"] == f"webhook:{made['id']}"
    assert "delivery given up" in teller.service.log
    doctor = at_once(teller.service, "doctor").stdout
    assert f"1 messages to the webhook {made['id']} were given up" in doctor
    receiver = Receiver(port=port)
    assert at_once(teller.service, "webhook", "retry", made["id"]).stdout.startswith("1 to be sent")
    until(lambda: told()["state"] == "delivered", told)
    assert told()["id"] == receiver.got[0].headers["Webhook-Id"]
    receiver.close()


def seen(told: Callable[[], Json], attempt: int) -> bool:
    """Whether an attempt has been made and has failed."""
    one = told()
    over = one["state"] == "failed" or attempt < MOST_ATTEMPTS
    return bool(one["attempts"] == attempt and one["error"] and over)
