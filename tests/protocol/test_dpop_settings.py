"""What the operator can ask of DPoP: a nonce, or that every token is bound; and two workers."""

from collections import Counter
from collections.abc import Iterator

import pytest

from tests.conftest import WITHOUT_THROTTLE, NewDatabase, StartService
from tests.keypair import proof, proof_claims
from tests.people import BASIC, ME, TOKEN, add_credential, add_person
from tests.protocol.proofs import AT_RESOURCE, EC, at_resource, at_token, refused_at_resource
from tests.protocol.table import World, basic, by_post
from tests.protocol.test_replay import COPIES, at_once
from tests.raw import Answer, Request, send
from tests.service import Service

NONCE, NEXT = "RFC 9449 section 8", "RFC 9449 section 8.2"
ROUNDS = 20


def world_of(service: Service) -> World:
    """A person with app credentials on a server of this test's own."""
    app = add_credential(service, add_person(service))
    return World(service, app.owner, app, app, app)


@pytest.fixture(scope="module")
def asking(tmp_path_factory: pytest.TempPathFactory, new_database: NewDatabase) -> Iterator[World]:
    """Two workers that ask for nonces."""
    home = tmp_path_factory.mktemp("nonces")
    settings = {**WITHOUT_THROTTLE, "dpop_nonces": "on"}
    with Service(home, 2, settings, new_database()) as service:
        yield world_of(service)


def nonce_of(answer: Answer) -> str:
    """The nonce that an answer gives."""
    nonce = answer.header("DPoP-Nonce")
    assert nonce is not None, answer
    return nonce


def proof_for_token(w: World, **more: object) -> str:
    """A proof for the token endpoint."""
    return proof(EC, proof_claims("POST", w.token_endpoint) | more)


def asked_for_nonce(w: World) -> str:
    """The nonce that comes with the refusal of a proof without one."""
    answer = at_token(w, proof_for_token(w))
    assert (answer.status, answer.json()["error"]) == (400, "use_dpop_nonce"), answer
    return nonce_of(answer)


@pytest.mark.clause(NONCE)
def test_nonce_that_was_given_is_good_on_either_worker(asking: World) -> None:
    nonce = asked_for_nonce(asking)
    for _ in range(10):
        answer = at_token(asking, proof_for_token(asking, nonce=nonce))
        assert answer.status == 200, answer


@pytest.mark.clause(NONCE)
@pytest.mark.parametrize("nonce", ["", "n", None, 5, [], "A" * 22])
def test_another_nonce_is_refused_and_the_right_one_given(nonce: object, asking: World) -> None:
    answer = at_token(asking, proof_for_token(asking, nonce=nonce))
    assert (answer.status, answer.json()["error"]) == (400, "use_dpop_nonce")
    again = at_token(asking, proof_for_token(asking, nonce=nonce_of(answer)))
    assert again.status == 200


@pytest.mark.clause(NEXT)
def test_good_answer_gives_the_nonce_to_go_on_with(asking: World) -> None:
    answer = at_token(asking, proof_for_token(asking, nonce=asked_for_nonce(asking)))
    token = answer.json()["access_token"]
    claims = proof_claims("GET", asking.service.url + ME, token)
    shown = at_resource(asking, token, proof(EC, claims | {"nonce": nonce_of(answer)}))
    assert shown.status == 200
    assert nonce_of(shown)


@pytest.mark.clause("RFC 9449 section 9")
def test_resource_asks_for_a_nonce_too(asking: World) -> None:
    issued = at_token(asking, proof_for_token(asking, nonce=asked_for_nonce(asking)))
    token = issued.json()["access_token"]
    claims = proof_claims("GET", asking.service.url + ME, token)
    answer = at_resource(asking, token, proof(EC, claims))
    refused_at_resource(answer, "use_dpop_nonce", asking)
    again = at_resource(asking, token, proof(EC, claims | {"nonce": nonce_of(answer)}))
    assert again.status == 200  # the proof that lacked the nonce was not used up


@pytest.mark.clause(NONCE)
def test_request_without_proof_needs_no_nonce(asking: World) -> None:
    answer = at_token(asking)
    assert (answer.status, answer.header("DPoP-Nonce")) == (200, None)


@pytest.mark.clause(NONCE)
def test_nonce_outlives_a_restart_and_ends(start_service: StartService) -> None:
    w = world_of(start_service({"dpop_nonces": "on"}))
    nonce = asked_for_nonce(w)
    w.service.stop()
    w.service.start()
    assert at_token(w, proof_for_token(w, nonce=nonce)).status == 200
    w.service.stop()
    w.service.clock_ahead = 3600
    w.service.start()
    claims = proof_claims("POST", w.token_endpoint)
    late = proof(EC, claims | {"iat": claims["iat"] + 3600, "nonce": nonce})
    answer = at_token(w, late)
    assert (answer.status, answer.json()["error"]) == (400, "use_dpop_nonce")


@pytest.mark.clause("RFC 9449 section 4.3")
def test_default_port_of_https_is_the_same_place(start_service: StartService) -> None:
    w = world_of(start_service({"issuer": "https://auth.example"}))
    for port, status in (("", 200), (":443", 200), (":444", 400)):
        claims = proof_claims("POST", f"https://auth.example{port}{TOKEN}")
        assert at_token(w, proof(EC, claims)).status == status, port


@pytest.mark.clause("RFC 9449 section 11.1")
def test_of_sixteen_copies_at_once_on_two_workers_one_is_accepted(asking: World) -> None:
    nonce = asked_for_nonce(asking)
    for _ in range(ROUNDS):
        asked = by_post(asking)
        headers = (*asked.headers, ("DPoP", proof_for_token(asking, nonce=nonce)))
        wire = Request("POST", TOKEN, headers, asked.body).wire(asking.service.port)
        answers = at_once(asking.service.port, wire)
        assert Counter(answer.status for answer in answers) == {200: 1, 400: COPIES - 1}


@pytest.mark.clause("RFC 9449 section 11.1")
def test_proof_is_refused_after_kill_and_restart(start_service: StartService) -> None:
    w = world_of(start_service())
    shown = proof_for_token(w)
    assert at_token(w, shown).status == 200
    w.service.kill9()
    w.service.start()
    assert at_token(w, shown).status == 400


@pytest.mark.clause(AT_RESOURCE)
def test_where_every_token_must_be_bound_none_is_issued_without_proof(
    start_service: StartService,
) -> None:
    service = start_service()
    w = world_of(service)
    service.stop()
    service.settings = {**service.settings, "require_dpop": "on"}
    service.start()
    authorization = ("Authorization", basic(w.someone.email, w.someone.password))
    for answer in (
        at_token(w),
        send(service.port, Request("GET", BASIC, (authorization,))),
    ):
        assert (answer.status, answer.json()["error"]) == (400, "invalid_dpop_proof")
    assert at_token(w, proof_for_token(w)).status == 200
