"""What ends a credential, and that its secret and every token it got end in the same moment.

Contract sections 1.2 and 1.4. The trap: a check at the token endpoint alone leaves the tokens
alive for a quarter of an hour.
"""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import httpx
import pytest

from tests.conftest import MakeCredential, StartService
from tests.people import CLIENTS, ME, TOKEN, Credential, add_credential, add_person, client_token
from tests.protocol.assertions import right
from tests.protocol.table import CLIENT_CREDENTIALS, World, basic, by_jwt, form, secret_post
from tests.raw import Answer, Request, send
from tests.service import Service

End = Callable[[httpx.Client, Credential], httpx.Response]

ENDS: dict[str, End] = {
    "deleted": lambda http, app: http.delete(at(app), headers=app.owner.bearer),
    "disabled": lambda http, app: patch(http, app, {"disabled": True}),
}


def at(app: Credential) -> str:
    """The path of one credential."""
    return f"{CLIENTS}/{app.client_id}"


def patch(http: httpx.Client, app: Credential, changes: dict[str, object]) -> httpx.Response:
    """Change a credential as its owner."""
    return http.patch(at(app), json=changes, headers=app.owner.bearer)


def asked(service: Service, app: Credential) -> dict[str, Answer]:
    """What a token request gets by each of the three methods."""
    requests = {
        "client_secret_basic": form(
            *CLIENT_CREDENTIALS, authorization=basic(app.client_id, app.client_secret)
        ),
        "client_secret_post": form(*CLIENT_CREDENTIALS, *secret_post(app)),
        "client_secret_jwt": by_jwt(right(World(service, app.owner, app, app, app))),
    }
    return {name: send(service.port, request) for name, request in requests.items()}


def refused(service: Service, app: Credential, token: str) -> None:
    """Hold a dead credential against the contract: as if it had never been, by every method."""
    for name, answer in asked(service, app).items():
        made_up = Credential("made-up", app.client_secret, app.owner)
        assert answer.status == 401, name
        assert answer.body == asked(service, made_up)[name].body, name
    for path in (CLIENTS, ME):
        shown = Request("GET", path, (("Authorization", f"Bearer {token}"),))
        answer = send(service.port, shown)
        assert answer.status == 401, path
        assert 'error="invalid_token"' in str(answer.header("WWW-Authenticate"))


@pytest.mark.clause("RFC 6750 section 3.1")
@pytest.mark.parametrize("end", ENDS.values(), ids=ENDS)
def test_ended_credential_and_its_tokens_are_refused_at_once(
    end: End, service: Service, http: httpx.Client, credential: MakeCredential
) -> None:
    app = credential()
    token = client_token(service, app)
    assert http.get(ME, headers={"Authorization": f"Bearer {token}"}).status_code == 200
    assert end(http, app).is_success
    refused(service, app, token)


def test_enabled_again_it_works_again(
    service: Service, http: httpx.Client, credential: MakeCredential
) -> None:
    app = credential()
    patch(http, app, {"disabled": True})
    patch(http, app, {"disabled": False})
    assert {answer.status for answer in asked(service, app).values()} == {200}


def test_ending_one_leaves_the_other(
    service: Service, http: httpx.Client, credential: MakeCredential
) -> None:
    app = credential()
    other = credential(app.owner)
    token = client_token(service, other)
    http.delete(at(app), headers=app.owner.bearer)
    assert {answer.status for answer in asked(service, other).values()} == {200}
    assert http.get(ME, headers={"Authorization": f"Bearer {token}"}).status_code == 200


def test_expired_credential_and_its_tokens_are_refused(start_service: StartService) -> None:
    service = start_service()
    owner = add_person(service)
    app = add_credential(service, owner)
    token = client_token(service, app)
    with httpx.Client(base_url=service.url, trust_env=False, timeout=30) as http:
        assert patch(http, app, {"expires_at": soon(600)}).status_code == 200
    assert {answer.status for answer in asked(service, app).values()} == {200}
    service.stop()
    service.clock_ahead = 605
    service.start()
    refused(service, app, token)


def test_use_is_still_written_down_of_an_expired_credential_alone(
    start_service: StartService,
) -> None:
    service = start_service()
    owner = add_person(service)
    expired, disabled = (add_credential(service, owner) for _ in range(2))
    with httpx.Client(base_url=service.url, trust_env=False, timeout=30) as http:
        assert patch(http, expired, {"expires_at": soon(600)}).status_code == 200
        assert patch(http, disabled, {"disabled": True}).status_code == 200
    service.stop()
    service.clock_ahead = 605
    service.start()
    for app in (expired, disabled):
        by_secret = form(*CLIENT_CREDENTIALS, *secret_post(app))
        assert send(service.port, by_secret).status == 401
    service.stop()  # writes down what it has
    service.start()
    seen = httpx.get(service.url + CLIENTS, headers=owner.bearer, trust_env=False).json()
    used = {one["client_id"]: one["last_used_at"] is not None for one in seen}
    assert used == {expired.client_id: True, disabled.client_id: False}


@pytest.mark.clause("RFC 9068 section 4")
def test_token_is_refused_from_its_end_on(start_service: StartService) -> None:
    service = start_service()
    app = add_credential(service, add_person(service))
    tokens = {"user": app.owner.token, "client": client_token(service, app)}
    service.stop()
    service.clock_ahead = 890
    service.start()
    assert shown(service, tokens) == {"user": 200, "client": 200}
    service.stop()
    service.clock_ahead = 900
    service.start()
    assert shown(service, tokens) == {"user": 401, "client": 401}


@pytest.mark.clause("RFC 9068 section 4")
def test_token_from_the_future_is_refused(start_service: StartService) -> None:
    service = start_service()
    service.stop()
    service.clock_ahead = 120
    service.start()
    tokens = {"user": add_person(service).token}
    service.move_clock(100)  # within the leeway
    assert shown(service, tokens) == {"user": 200}
    service.move_clock(60)
    assert shown(service, tokens) == {"user": 401}


@pytest.mark.clause("RFC 7591 section 2")
@pytest.mark.parametrize(
    "method", ["client_secret_basic", "client_secret_post", "client_secret_jwt"]
)
def test_only_the_methods_that_the_owner_allows_are_accepted(
    method: str, service: Service, http: httpx.Client, credential: MakeCredential
) -> None:
    app = credential()
    patch(http, app, {"auth_methods": [method]})
    answers = asked(service, app)
    made_up = asked(service, Credential("made-up", app.client_secret, app.owner))
    assert {name for name, answer in answers.items() if answer.status == 200} == {method}
    for name in set(answers) - {method}:
        assert (answers[name].status, answers[name].body) == (401, made_up[name].body)


def test_methods_can_be_restricted_at_creation_and_allowed_again(
    service: Service, http: httpx.Client, credential: MakeCredential
) -> None:
    app = credential(auth_methods=["client_secret_jwt"])
    assert asked(service, app)["client_secret_basic"].status == 401
    patch(http, app, {"auth_methods": None})
    assert {answer.status for answer in asked(service, app).values()} == {200}


def test_credential_lives_through_kill_and_restart(start_service: StartService) -> None:
    service = start_service()
    owner = add_person(service)
    kept, gone = add_credential(service, owner), add_credential(service, owner)
    httpx.delete(service.url + at(gone), headers=owner.bearer, trust_env=False)
    service.kill9()
    service.start()
    assert {answer.status for answer in asked(service, kept).values()} == {200}
    assert {answer.status for answer in asked(service, gone).values()} == {401}
    assert send(service.port, Request("POST", TOKEN)).status == 422


def soon(seconds: int) -> str:
    """A time from now as RFC 3339."""
    return (datetime.now(UTC) + timedelta(seconds=seconds)).isoformat().replace("+00:00", "Z")


def shown(service: Service, tokens: dict[str, str]) -> dict[str, int]:
    """What each token gets."""
    return {
        name: send(service.port, Request("GET", ME, (("Authorization", f"Bearer {token}"),))).status
        for name, token in tokens.items()
    }
