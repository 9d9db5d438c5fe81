"""`/metrics`: what was asked is counted to the one, over all workers; no worker's end loses it."""

import os
import signal
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from importlib.metadata import version

import httpx
import pytest

from tests.conftest import WITHOUT_THROTTLE, NewDatabase
from tests.faults import figure, rounds
from tests.faults.load import GRANT, assertion, by_assertion
from tests.faults.test_workers import wait_for
from tests.operate import scrape
from tests.people import BASIC, CLIENTS, TOKEN, Credential, add_credential, add_person
from tests.service import Service, free_port

INTROSPECT, JWKS = "/api/v1/auth/jwt/introspect", "/.well-known/jwks.json"
CLIENT = "client_credentials"
LABELS = ("endpoint", "grant", "method", "outcome")
Counted = tuple[str, ...]
THREADS = 4


class Loader:
    """Asks for one thing after the other, and writes down what must have been counted."""

    def __init__(self, service: Service, app: Credential) -> None:
        """Take the service and a credential."""
        self.counts: Counter[Counted] = Counter()
        self.reasons: Counter[str] = Counter()
        self._service, self._app = service, app
        self._http = httpx.Client(base_url=service.url, trust_env=False, timeout=30)

    def run(self, requests: int) -> None:
        """Ask so often."""
        asked = (ask for _ in iter(int, 1) for ask in self._asks())
        for _ in range(requests):
            next(asked)()
        self._http.close()

    def _asks(self) -> Iterator[Callable[[], None]]:
        yield from (self._secret, self._post, self._secret, self._assertion, self._secret)
        yield from (self._wrong, self._mistyped, self._grant, self._list, self._introspect)
        yield from (self._secret, self._jwks, self._nowhere, self._method)

    def _ask(self, counted: Counted, reason: str, method: str, path: str, **options: object) -> int:
        answer = self._http.request(method, path, **options)  # type: ignore[arg-type]  # - because options go on as they are
        self.counts[counted] += 1
        if reason:
            self.reasons[reason] += 1
        return answer.status_code

    def _token(self, method: str, outcome: str, reason: str = "", **options: object) -> int:
        counted = (TOKEN, "client_credentials", method, outcome)
        return self._ask(counted, reason, "POST", TOKEN, **options)

    def _secret(self) -> None:
        auth = (self._app.client_id, self._app.client_secret)
        assert self._token("client_secret_basic", "ok", data=GRANT, auth=auth) == 200

    def _post(self) -> None:
        form = GRANT | {
            "client_id": self._app.client_id,
            "client_secret": self._app.client_secret,
        }
        assert self._token("client_secret_post", "ok", data=form) == 200

    def _assertion(self) -> None:
        form = by_assertion(assertion(self._service, self._app))
        assert self._token("client_secret_jwt", "ok", data=form) == 200
        why = ("client_secret_jwt", "invalid_client", "replayed_assertion")
        assert self._token(*why, data=form) == 401

    def _wrong(self) -> None:
        stranger = ("00000000-0000-4000-8000-000000000000", self._app.client_secret)
        why = ("client_secret_basic", "invalid_client", "wrong_proof")
        assert self._token(*why, data=GRANT, auth=stranger) == 401

    def _mistyped(self) -> None:
        why = ("client_secret_basic", "invalid_client", "mistyped_secret")
        assert self._token(*why, data=GRANT, auth=(self._app.client_id, "ths_x")) == 401

    def _grant(self) -> None:
        counted = (TOKEN, "other", "client_secret_basic", "unsupported_grant_type")
        auth = (self._app.client_id, self._app.client_secret)
        form = {"grant_type": "device"}
        assert self._ask(counted, counted[-1], "POST", TOKEN, data=form, auth=auth) == 400

    def _list(self) -> None:
        headers = self._app.owner.bearer
        assert self._ask((CLIENTS, "", "", "ok"), "", "GET", CLIENTS, headers=headers) == 200

    def _introspect(self) -> None:
        counted = (INTROSPECT, "", "client_secret_basic", "ok")
        auth = (self._app.client_id, self._app.client_secret)
        assert self._ask(counted, "", "POST", INTROSPECT, data={"token": "x"}, auth=auth) == 200

    def _jwks(self) -> None:
        assert self._ask((JWKS, "", "", "ok"), "", "GET", JWKS) == 200

    def _nowhere(self) -> None:
        assert self._ask(("other", "", "", "refused"), "", "GET", "/api/v1/nowhere") == 404

    def _method(self) -> None:
        counted = (TOKEN, "", "", "invalid_request")
        assert self._ask(counted, "http_method", "GET", TOKEN) == 405


def load(service: Service, app: Credential, requests: int) -> tuple[Counter[Counted], Counter[str]]:
    """Ask so often in all, on several connections; what must have been counted, and why refused."""
    loaders = [Loader(service, app) for _ in range(THREADS)]
    threads = [threading.Thread(target=each.run, args=[requests // THREADS]) for each in loaders]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    counts: Counter[Counted] = Counter()
    reasons: Counter[str] = Counter()
    for each in loaders:
        counts.update(each.counts)
        reasons.update(each.reasons)
    assert sum(counts.values()) >= requests
    return counts, reasons


@pytest.fixture(scope="module")
def watched(
    tmp_path_factory: pytest.TempPathFactory, new_database: NewDatabase
) -> Iterator[tuple[Service, Credential]]:
    """Two workers with metrics, and a credential; each test counts from where it begins."""
    settings = {**WITHOUT_THROTTLE, **scrape.metrics_port()}
    with Service(tmp_path_factory.mktemp("watched"), 2, settings, new_database()) as service:
        wait_for(service, "worker serves", 2)
        yield service, add_credential(service, add_person(service))


def requests(service: Service) -> Counter[Counted]:
    found = scrape.series(scrape.page(service))
    return Counter(scrape.of(found, "tokenhouse_requests_total", *LABELS))


def refusals(service: Service) -> Counter[tuple[str, ...]]:
    found = scrape.series(scrape.page(service))
    return Counter(scrape.of(found, "tokenhouse_refusals_total", "reason"))


@pytest.mark.timeout(900)
def test_counts_are_the_loaders_own_over_workers_that_die(
    watched: tuple[Service, Credential],
) -> None:
    service, app = watched
    dead = service.log.count("worker died")
    before, refused_before = requests(service), refusals(service)
    begun = time.monotonic()
    first, why = load(service, app, rounds(300, 10_000))
    assert requests(service) - before == first
    os.kill(min(service.worker_pids), signal.SIGKILL)
    wait_for(service, "worker serves", 3)
    assert service.log.count("worker died") == dead + 1
    assert requests(service) - before == first
    second, more = load(service, app, rounds(100, 10_000))
    text = scrape.page(service)
    found = scrape.series(text)
    assert requests(service) - before == first + second
    assert refusals(service) - refused_before == {
        (reason,): number for reason, number in (why + more).items()
    }
    granted = sum(n for (_, grant, _, how), n in (first + second).items() if grant and how == "ok")
    earlier = sum(n for (_, grant, _, how), n in before.items() if how == "ok" and grant == CLIENT)
    issued = scrape.of(found, "tokenhouse_tokens_issued_total", "grant")
    assert issued[CLIENT,] == granted + earlier
    took = scrape.of(found, "tokenhouse_request_seconds_count", "endpoint")
    by_place: Counter[str] = Counter()
    for (place, *_), number in requests(service).items():
        by_place[place] += int(number)
    assert took == {(place,): n for place, n in by_place.items()}
    total = sum((first + second).values())
    figure(f"{total} requests in {time.monotonic() - begun:.0f} s, counted to the one")


def test_what_a_hash_a_batch_a_job_and_the_wire_do_is_seen(
    watched: tuple[Service, Credential],
) -> None:
    service, app = watched
    httpx.get(service.url + BASIC, auth=(app.owner.email, "wrong"), trust_env=False, timeout=30)
    httpx.get(service.url + "/", headers={"X": "x" * 20_000}, trust_env=False, timeout=30)
    load(service, app, 40)
    until = time.monotonic() + 30
    while True:
        found = scrape.series(scrape.page(service))
        jobs = scrape.of(found, "tokenhouse_job_runs_total", "job", "outcome")
        if ("signing keys", "ok") in jobs or time.monotonic() > until:
            break
    assert ("signing keys", "ok") in jobs
    assert scrape.of(found, "tokenhouse_job_last_success_timestamp_seconds", "job")
    assert scrape.of(found, "tokenhouse_hash_seconds_count")[()] >= 2
    assert scrape.of(found, "tokenhouse_batch_size_count", "batch").keys() >= {("known",), ("use",)}
    assert scrape.of(found, "tokenhouse_database_seconds_count", "work").keys() == {
        ("read",),
        ("write",),
    }
    assert scrape.of(found, "tokenhouse_wire_refusals_total", "status")["431",] == 1
    assert scrape.of(found, "tokenhouse_workers") == {(): 2}
    assert scrape.of(found, "tokenhouse_database_up") == {(): 1}
    assert 0 < scrape.of(found, "tokenhouse_signing_key_age_seconds")[()] < 600
    assert scrape.of(found, "tokenhouse_signing_key_ends_in_seconds")[()] > 86400
    info = scrape.of(found, "tokenhouse_build_info", "version", "database")
    assert info == {(version("tokenhouse"), "postgresql" if service.database_url else "sqlite"): 1}


def test_age_of_the_last_backup(watched: tuple[Service, Credential]) -> None:
    service, _ = watched
    name = "tokenhouse_backup_age_seconds"
    assert name not in scrape.page(service)
    if service.database_url is None:
        assert service.cli("db", "backup", "file").returncode == 0
    else:  # as docs/operate.md says of pg_dump
        (service.data_dir / "last-backup").touch()
    assert scrape.of(scrape.series(scrape.page(service)), name)[()] < 60


def test_no_request_makes_a_new_series(watched: tuple[Service, Credential]) -> None:
    service, app = watched
    load(service, app, 56)

    def after(numbers: range) -> set[scrape.Series]:
        with httpx.Client(base_url=service.url, trust_env=False, timeout=30) as http:
            for number in numbers:
                path = f"/{number}/api/v1/{number}"
                http.get(path)
                http.post(TOKEN, data={"grant_type": f"g{number}"}, auth=(f"c{number}", "x"))
                http.request(f"M{number}", TOKEN)
        return set(scrape.series(scrape.page(service)))

    known = after(range(5))
    new = {one for one in after(range(5, 40)) - known if not one[0].startswith("tokenhouse_job_")}
    assert {name for name, _ in new} <= {"tokenhouse_requests_total"}
    assert len(new) < 5


def test_port_answers_nothing_else(watched: tuple[Service, Credential]) -> None:
    service, _ = watched
    metrics = scrape.url(service)
    assert httpx.get(f"{service.url}/metrics", trust_env=False).status_code == 404
    assert (
        httpx.get(metrics.removesuffix("metrics") + "healthz", trust_env=False).status_code == 404
    )
    posted = httpx.post(metrics, trust_env=False)
    assert (posted.status_code, posted.headers["Allow"]) == (405, "GET, HEAD")
    accept = {"Accept": "application/openmetrics-text; version=1.0.0"}
    open_metrics = httpx.get(metrics, headers=accept, trust_env=False)
    assert open_metrics.headers["Content-Type"].startswith("application/openmetrics-text")
    assert open_metrics.text.endswith("# EOF\n")


def test_address_that_is_taken_is_a_refusal(watched: tuple[Service, Credential]) -> None:
    service, _ = watched
    done = service.cli("serve", "--port", str(free_port()))
    assert done.returncode == 1
    assert f"cannot listen on {service.settings['metrics_address']}: " in done.stderr
    assert "choose another metrics_address" in done.stderr
