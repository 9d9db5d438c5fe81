"""The signing keys over REST and on the command line: seen by admins, rotated at their word."""

import json
import time
from typing import Any

import httpx
import jwt
import pytest
from joserfc import jwt as joserfc_jwt
from joserfc.jwk import import_key

from tests.conftest import StartService
from tests.people import CLIENTS, Person, add_credential, add_person, client_token
from tests.service import Service

KEYS = "/api/v1/keys"
ROTATE = f"{KEYS}/rotate"
JWKS = "/.well-known/jwks.json"
LEAD = 4
SETTINGS = {"key_publication_lead": str(LEAD), "jwks_max_age": "1"}
MEMBERS = {"kid", "alg", "use", "created_at", "signs_from", "signs_until"}
PATIENCE = 15  # seconds; far more than any of this takes


@pytest.fixture
def rotating(start_service: StartService) -> Service:
    """Two workers that publish a key 4 s before it signs."""
    return start_service(SETTINGS, workers=2)


def kid_of(token: str) -> str:
    """The key that signed a token."""
    kid: str = jwt.get_unverified_header(token)["kid"]
    return kid


def published(service: Service) -> list[str]:
    """The `kid`s of the JWKS document, in its order."""
    keys = httpx.get(service.url + JWKS, trust_env=False).json()["keys"]
    return [key["kid"] for key in keys]


def listed(service: Service) -> list[dict[str, Any]]:
    """What `key list` says."""
    done = service.cli("key", "list", "--json")
    assert done.returncode == 0, done.stderr
    found: list[dict[str, Any]] = json.loads(done.stdout)
    return found


def until_published(service: Service, kid: str) -> None:
    """Wait until the JWKS document has this `kid`; it must before the key signs."""
    end = time.monotonic() + LEAD - 1
    while kid not in published(service):
        assert time.monotonic() < end, "published too late"
        time.sleep(0.1)


def until_signed_by(service: Service, admin: Person, kid: str) -> None:
    """Wait until new tokens carry this `kid`."""
    app = add_credential(service, admin)
    end = time.monotonic() + PATIENCE
    while kid_of(client_token(service, app)) != kid:
        assert time.monotonic() < end, f"{kid} does not sign"
        time.sleep(0.1)


def rotate(service: Service, admin: Person, **how: object) -> dict[str, Any]:
    """Rotate over REST."""
    answer = httpx.post(
        service.url + ROTATE, json=how, headers=admin.bearer, trust_env=False, timeout=30
    )
    assert answer.status_code == 200, answer.text
    made: dict[str, Any] = answer.json()
    return made


def test_next_key_is_published_before_it_signs_and_the_old_one_goes_on_checking(
    rotating: Service,
) -> None:
    admin = add_person(rotating, admin=True)
    old = kid_of(admin.token)
    made = rotate(rotating, admin)
    assert set(made) == MEMBERS
    assert (made["use"], made["alg"]) == ("next", "ES256")
    assert rotate(rotating, admin) == made  # one waits already
    until_published(rotating, made["kid"])
    assert published(rotating)[0] == old
    until_signed_by(rotating, admin, made["kid"])
    assert published(rotating) == [made["kid"], old]
    assert [(key["kid"], key["use"]) for key in listed(rotating)] == [
        (made["kid"], "signs"),
        (old, "checks"),
    ]
    answer = httpx.get(rotating.url + CLIENTS, headers=admin.bearer, trust_env=False)
    assert answer.status_code == 200  # the token that the old key signed


def test_rotate_now_signs_within_seconds_on_every_worker(rotating: Service) -> None:
    admin = add_person(rotating, admin=True)
    waiting = rotate(rotating, admin)
    made = rotate(rotating, admin, now=True)
    assert made["kid"] != waiting["kid"]
    until_signed_by(rotating, admin, made["kid"])
    for _ in range(20):  # either worker takes it
        answer = httpx.get(
            rotating.url + CLIENTS,
            headers={
                "Authorization": f"Bearer {client_token(rotating, add_credential(rotating, admin))}"
            },
            trust_env=False,
        )
        assert answer.status_code == 200, answer.text
    time.sleep(LEAD)
    until_signed_by(rotating, admin, made["kid"])  # the one that waited never signs


def test_dropping_the_others_refuses_every_token_that_they_signed(rotating: Service) -> None:
    admin = add_person(rotating, admin=True)
    for _ in range(10):  # whichever worker is asked knows the token as a good one
        answer = httpx.get(rotating.url + CLIENTS, headers=admin.bearer, trust_env=False)
        assert answer.status_code == 200
    done = rotating.cli("key", "rotate", "--drop-others")
    assert done.returncode == 0, done.stderr
    end = time.monotonic() + PATIENCE
    while (
        httpx.get(rotating.url + CLIENTS, headers=admin.bearer, trust_env=False).status_code != 401
    ):
        assert time.monotonic() < end, "a leaked key's token is still good"
        time.sleep(0.1)
    (left,) = listed(rotating)
    assert (left["kid"], left["use"]) == (done.stdout.split()[0], "signs")


def test_a_new_algorithm_is_published_first_and_the_old_one_goes_on_checking(
    start_service: StartService,
) -> None:
    service = start_service()
    admin = add_person(service, admin=True)
    for alg in ("Ed25519", "PS256"):
        service.stop()
        service.settings = {"signing_alg": alg}
        service.start()
        newest = listed(service)[0]
        assert (newest["alg"], newest["use"]) == (alg, "next")
        until_published(service, newest["kid"])
        until_signed_by(service, admin, rotate(service, admin, now=True)["kid"])
        assert [key["use"] for key in listed(service)][:2] == ["signs", "checks"]
    answer = httpx.get(service.url + CLIENTS, headers=admin.bearer, trust_env=False)
    assert answer.status_code == 200  # the token that the first key signed


@pytest.mark.parametrize("alg", ["ES256", "EdDSA", "Ed25519", "RS256", "PS256"])
def test_every_algorithm_signs_what_others_can_check(alg: str, start_service: StartService) -> None:
    service = start_service({"signing_alg": alg})
    token = add_person(service).token
    (key,) = httpx.get(service.url + JWKS, trust_env=False).json()["keys"]
    assert (key["alg"], key["kid"]) == (alg, kid_of(token))
    if alg == "EdDSA":  # joserfc warns of the name that RFC 9864 gave up
        claims = jwt.decode(token, jwt.PyJWK(key), [alg], audience=service.url)
    else:
        claims = joserfc_jwt.decode(token, import_key(key), algorithms=[alg]).claims
    assert claims["iss"] == service.url


@pytest.mark.parametrize("whose", ["nobody", "user", "program", "admin's program"])
@pytest.mark.parametrize(("method", "path"), [("GET", KEYS), ("POST", ROTATE)])
def test_only_an_admin_in_person_sees_and_rotates(
    whose: str, method: str, path: str, service: Service, http: httpx.Client
) -> None:
    before = listed(service)
    owner = add_person(service, admin=whose.startswith("admin"))
    token = (
        client_token(service, add_credential(service, owner)) if "program" in whose else owner.token
    )
    headers = {} if whose == "nobody" else {"Authorization": f"Bearer {token}"}
    answer = http.request(method, path, headers=headers)
    assert answer.status_code == (401 if whose == "nobody" else 403)
    if whose != "nobody":
        assert 'error="insufficient_scope"' in answer.headers["WWW-Authenticate"]
    assert listed(service) == before


@pytest.mark.parametrize(
    "body", [b"[]", b'{"now": 1}', b'{"now": "true"}', b'{"later": true}', b"{", b'{"now":null}']
)
def test_a_malformed_rotation_is_refused_and_changes_nothing(
    body: bytes, service: Service, http: httpx.Client
) -> None:
    before, admin = listed(service), add_person(service, admin=True)
    headers = {**admin.bearer, "Content-Type": "application/json"}
    assert http.post(ROTATE, content=body, headers=headers).status_code == 422
    assert listed(service) == before


DAY = 86400


def test_keys_rotate_by_themselves_and_the_dead_are_forgotten(start_service: StartService) -> None:
    service = start_service({"key_rotation_days": "30"}, workers=2)
    (first,) = listed(service)
    service.stop()
    service.clock_ahead = 30 * DAY - 300  # the next key is published 600 s before it signs
    service.start()
    end = time.monotonic() + PATIENCE
    while len(published(service)) < 2:
        assert time.monotonic() < end, "no next key"
        time.sleep(0.1)
    second, still = listed(service)
    assert (second["use"], still["use"], still["kid"]) == ("next", "signs", first["kid"])
    assert still["signs_until"] == second["signs_from"]
    service.stop()
    service.clock_ahead = 30 * DAY + 2 * 3600  # the last token of the first key is dead
    service.start()
    end = time.monotonic() + PATIENCE
    while published(service) != [second["kid"]]:
        assert time.monotonic() < end, "a dead key is still published"
        time.sleep(0.1)


def test_rotation_can_be_turned_off(start_service: StartService) -> None:
    service = start_service({"key_rotation_days": "0"})
    before = listed(service)
    service.stop()
    service.clock_ahead = 400 * DAY
    service.start()
    time.sleep(2.5)  # the workers look once a second
    assert listed(service) == before


@pytest.mark.parametrize(
    ("settings", "named"),
    [
        ({"jwks_max_age": "300", "key_publication_lead": "301"}, "key_publication_lead"),
        ({"key_rotation_days": "0.001"}, "key_rotation_days"),
        ({"key_rotation_days": "-1"}, "key_rotation_days"),
        ({"key_rotation_days": "nan"}, "key_rotation_days"),
        ({"jwks_max_age": "0"}, "jwks_max_age"),
    ],
)
def test_settings_that_would_break_checking_are_refused(
    settings: dict[str, str], named: str, service: Service
) -> None:
    other = Service(service.home, settings=settings, database_url=service.database_url)
    done = other.cli("key", "list")
    assert done.returncode == 1
    assert named in done.stderr
