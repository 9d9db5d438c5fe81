"""The public keys of app credentials: kept, replaced and removed, in force at once.

RFC 7517 section 5, contract section 2. The trap: a worker that has parsed a key set keeps it.
"""

from typing import Any

import httpx
import pytest
from cryptography.hazmat.primitives.asymmetric import rsa

from tests import keypair
from tests.conftest import MakeCredential, MakePerson, StartService
from tests.keypair import ALGORITHMS, KeyPair
from tests.people import CLIENTS, Credential, Person, add_credential, add_person
from tests.proofs import claims, keys_of, rotate, secrets_of, statuses
from tests.protocol.table import by_jwt
from tests.raw import send
from tests.service import Service

Json = dict[str, Any]


def put(http: httpx.Client, app: Credential, *jwks: Json, **more: object) -> httpx.Response:
    """Register keys as the owner."""
    return http.put(keys_of(app), json={"keys": list(jwks), **more}, headers=app.owner.bearer)


def accepted(service: Service, app: Credential, pair: KeyPair) -> bool:
    """Whether an assertion signed with the key gets a token."""
    assertion = pair.compact(claims(service, app.client_id))
    status = send(service.port, by_jwt(assertion)).status
    assert status in {200, 401}
    return status == 200


@pytest.mark.clause("RFC 7517 section 5")
@pytest.mark.parametrize("alg", ALGORITHMS)
def test_key_is_kept_and_shown_and_proves_the_credential(
    alg: str, http: httpx.Client, service: Service, credential: MakeCredential
) -> None:
    app, pair = credential(), keypair.make(alg)
    assert not accepted(service, app, pair)
    jwk = {**pair.public, "kid": "first", "use": "sig", "alg": alg, "key_ops": ["verify"]}
    answer = put(http, app, jwk)
    assert (answer.status_code, answer.json()) == (200, {"keys": [jwk]})
    assert http.get(keys_of(app), headers=app.owner.bearer).json() == {"keys": [jwk]}
    shown = http.get(f"{CLIENTS}/{app.client_id}", headers=app.owner.bearer).json()
    assert shown["jwks"] == {"keys": [jwk]}
    assert accepted(service, app, pair)
    assert statuses(service, app) == {200}


@pytest.mark.clause("RFC 7517 section 4")
def test_members_that_say_nothing_are_ignored_and_not_kept(
    http: httpx.Client, credential: MakeCredential
) -> None:
    app, pair = credential(), keypair.make("ES256")
    jwk = {**pair.public, "x5c": ["MAA="], "x5u": "http://127.0.0.1:9/", "exp": 1, "note": {"a": 1}}
    assert put(http, app, jwk, comment="ours").json() == {"keys": [pair.public]}


def test_two_keys_with_one_kid_are_refused(http: httpx.Client, app: Credential) -> None:
    pairs = [{**keypair.make("ES256").public, "kid": kid} for kid in ("a", "b", "a")]
    answer = put(http, app, *pairs)
    assert answer.status_code == 422
    assert answer.json()["detail"][0]["loc"] == ["body", "keys", 2, "kid"]


def test_ten_keys_are_kept_and_eleven_refused(
    http: httpx.Client, credential: MakeCredential
) -> None:
    app, pairs = credential(), [keypair.make("ES256").public for _ in range(11)]
    assert put(http, app, *pairs[:10]).json() == {"keys": pairs[:10]}
    answer = put(http, app, *pairs)
    assert answer.status_code == 422
    assert "at most 10" in answer.json()["detail"][0]["msg"]
    assert len(http.get(keys_of(app), headers=app.owner.bearer).json()["keys"]) == 10


@pytest.mark.parametrize(
    "body", ["{}", '{"keys":null}', '{"keys":{}}', '{"keys":["a"]}', '{"keys":[[]]}', "[]"]
)
def test_what_is_no_jwk_set_is_refused(body: str, http: httpx.Client, app: Credential) -> None:
    headers = {**app.owner.bearer, "Content-Type": "application/json"}
    answer = http.put(keys_of(app), content=body, headers=headers)
    assert answer.status_code == 422
    assert answer.json()["detail"][0]["loc"][0] == "body"


def test_keys_are_replaced_and_removed_at_once(
    http: httpx.Client, service: Service, credential: MakeCredential
) -> None:
    app, old, new = credential(), keypair.make("ES256"), keypair.make("EdDSA")
    put(http, app, old.public, new.public)
    assert [accepted(service, app, pair) for pair in (old, new)] == [True, True]
    put(http, app, new.public)
    assert [accepted(service, app, pair) for pair in (old, new)] == [False, True]
    assert put(http, app).json() == {"keys": []}
    assert not accepted(service, app, new)
    put(http, app, new.public)
    assert accepted(service, app, new)
    assert http.delete(keys_of(app), headers=app.owner.bearer).status_code == 204
    assert not accepted(service, app, new)
    shown = http.get(f"{CLIENTS}/{app.client_id}", headers=app.owner.bearer).json()
    assert shown["jwks"] is None


def test_change_of_keys_holds_on_every_worker_at_once(start_service: StartService) -> None:
    service = start_service(workers=2)
    app, pair = add_credential(service, add_person(service)), keypair.make("ES256")
    with httpx.Client(base_url=service.url, trust_env=False, timeout=30) as http:
        for _ in range(5):
            assert put(http, app, pair.public).status_code == 200
            assert all(accepted(service, app, pair) for _ in range(4))
            assert http.delete(keys_of(app), headers=app.owner.bearer).status_code == 204
            assert not any(accepted(service, app, pair) for _ in range(4))


def test_credential_moves_from_secret_to_key_without_changing_its_id(
    http: httpx.Client, service: Service, credential: MakeCredential
) -> None:
    app, pair = credential(), keypair.make("ES384")
    put(http, app, pair.public)
    (secret,) = http.get(secrets_of(app), headers=app.owner.bearer).json()
    path = f"{secrets_of(app)}/{secret['secret_id']}"
    assert http.delete(path, headers=app.owner.bearer).status_code == 204
    assert statuses(service, app) == {401}
    assert accepted(service, app, pair)
    for answer in (put(http, app), http.delete(keys_of(app), headers=app.owner.bearer)):
        assert answer.status_code == 409
        assert "last means" in answer.json()["detail"]
    assert accepted(service, app, pair)
    back = rotate(http, app)
    assert http.delete(keys_of(app), headers=app.owner.bearer).status_code == 204
    assert statuses(service, back) == {200}
    assert not accepted(service, app, pair)


@pytest.mark.parametrize("methods", [["client_secret_jwt"], ["private_key_jwt"]])
def test_registering_a_key_adds_its_method(
    methods: list[str], http: httpx.Client, service: Service, credential: MakeCredential
) -> None:
    app, pair = credential(auth_methods=methods), keypair.make("PS256")
    put(http, app, pair.public)
    shown = http.get(f"{CLIENTS}/{app.client_id}", headers=app.owner.bearer).json()
    assert shown["auth_methods"] == [*dict.fromkeys([*methods, "private_key_jwt"])]
    assert accepted(service, app, pair)


def test_key_whose_method_the_owner_forbids_is_refused(
    http: httpx.Client, service: Service, credential: MakeCredential
) -> None:
    app, pair = credential(), keypair.make("ES256")
    put(http, app, pair.public)
    http.patch(
        f"{CLIENTS}/{app.client_id}",
        json={"auth_methods": ["client_secret_basic"]},
        headers=app.owner.bearer,
    )
    assert not accepted(service, app, pair)
    (secret,) = http.get(secrets_of(app), headers=app.owner.bearer).json()
    path = f"{secrets_of(app)}/{secret['secret_id']}"
    assert http.delete(path, headers=app.owner.bearer).status_code == 409


def test_secrets_are_refused_once_there_are_keys_where_the_operator_says_so(
    start_service: StartService,
) -> None:
    service = start_service({"refuse_secrets_with_keys": "on"})
    app, pair = add_credential(service, add_person(service)), keypair.make("ES256")
    with httpx.Client(base_url=service.url, trust_env=False, timeout=30) as http:
        assert statuses(service, app) == {200}
        put(http, app, pair.public)
        assert statuses(service, app) == {401}
        assert accepted(service, app, pair)
        http.delete(keys_of(app), headers=app.owner.bearer)
        assert statuses(service, app) == {200}


@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE"])
def test_keys_of_another_are_the_404_of_an_unknown_one(
    method: str, http: httpx.Client, app: Credential, person: MakePerson
) -> None:
    stranger, unknown = person(), "5b6e0c1f-7d0a-4c57-9f5e-2a8d3f1c6be4"
    body = {"json": {"keys": [keypair.make("ES256").public]}} if method == "PUT" else {}
    theirs, none = (
        http.request(method, f"{CLIENTS}/{id_}/jwks", headers=stranger.bearer, **body)  # type: ignore[arg-type]  # - httpx takes any JSON
        for id_ in (app.client_id, unknown)
    )
    assert theirs.status_code == none.status_code == 404
    assert theirs.content == none.content
    assert http.get(keys_of(app), headers=app.owner.bearer).json() == {"keys": []}


def test_admin_registers_keys_of_another(
    http: httpx.Client, service: Service, credential: MakeCredential, person: MakePerson
) -> None:
    app, pair, admin = credential(), keypair.make("RS256"), person(admin=True)
    answer = http.put(keys_of(app), json={"keys": [pair.public]}, headers=admin.bearer)
    assert answer.status_code == 200
    assert accepted(service, app, pair)


def test_who_made_a_credential_is_said(
    http: httpx.Client, service: Service, credential: MakeCredential, someone: Person
) -> None:
    app = credential(someone)
    made = http.get(f"{CLIENTS}/{app.client_id}", headers=someone.bearer).json()
    assert made["created_by"] == f"user:{someone.id}"
    key = keypair.make("ES256")
    put(http, app, key.public)
    got = send(service.port, by_jwt(key.compact(claims(service, app.client_id)))).json()
    bearer = {"Authorization": f"Bearer {got['access_token']}"}
    child = http.post(CLIENTS, headers=bearer).json()
    assert child["created_by"] == f"client:{app.client_id}"
    changed = http.patch(
        f"{CLIENTS}/{child['client_id']}", json={"parent_id": None}, headers=someone.bearer
    ).json()
    assert (changed["parent_id"], changed["created_by"]) == (None, f"client:{app.client_id}")


def test_rsa_key_of_4096_bits_is_taken(
    http: httpx.Client, service: Service, credential: MakeCredential
) -> None:
    app, pair = credential(), KeyPair("PS256", rsa.generate_private_key(65537, 4096))
    assert put(http, app, pair.public).status_code == 200
    assert accepted(service, app, pair)
