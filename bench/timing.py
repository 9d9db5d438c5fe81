"""Can a stranger learn from how long a refusal takes? Pairs of requests, sent turn by turn.

    python -m bench.timing [--pairs 2000] [--only NAME] [--json FILE]

Each pair is a refusal for something that exists and one for something that does not. The figure is
the area under the curve: how often the first takes longer than the second. 0.5 tells nothing, and
a pair passes within 0.03 of it. Exits 1 when one does not.
"""

import argparse
import json
import math
import random
import secrets
import socket
import sys
import tempfile
import time
from base64 import b64encode
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlencode
from uuid import uuid4

from bench import seed
from tests import jws
from tests.people import BASIC, CLIENTS, TOKEN, Person, add_person
from tests.raw import Request
from tests.service import HOST, Service
from tokenhouse.crypto.secrets import make_client_secret

FAR = 0.03
FORM = ("Content-Type", "application/x-www-form-urlencoded")
JWT_BEARER = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
UNTHROTTLED = {
    "login_failures_per_account": "0",
    "login_failures_per_source": "0",
    "log_level": "error",
}
Make = Callable[[], Request]
WARM_UP = 100


@dataclass(frozen=True)
class Pair:
    """Two kinds of refusal that must not be told apart."""

    name: str
    exists: Make
    not_there: Make


@dataclass(frozen=True)
class Result:
    """What came of a pair: seconds at the middle of each kind, and the area under the curve."""

    name: str
    exists: float
    not_there: float
    area: float

    @property
    def passed(self) -> bool:
        """Whether it tells nothing."""
        return math.fabs(self.area - 0.5) <= FAR


class Line:
    """One connection that is kept alive, and the time each answer takes on it."""

    def __init__(self, port: int) -> None:
        """Connect."""
        self._socket = socket.create_connection((HOST, port), 30)
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def take(self, octets: bytes) -> tuple[float, bytes]:
        """Send a request; the seconds until its answer is whole, and that answer."""
        begun = time.perf_counter()
        self._socket.sendall(octets)
        answer = self._socket.recv(65_536)
        head, _, body = answer.partition(b"\r\n\r\n")
        length = int(head.lower().partition(b"content-length:")[2].split(b"\r\n")[0])
        while len(body) < length:
            body += self._socket.recv(65_536)
        return time.perf_counter() - begun, head.split(b"\r\n")[0] + body


def area(first: list[float], second: list[float]) -> float:
    """How often a value of the first is greater than one of the second; ties count half."""
    ranked = sorted([(value, 0) for value in first] + [(value, 1) for value in second])
    above, below, start = 0.0, 0, 0
    while start < len(ranked):
        end = start
        while end < len(ranked) and ranked[end][0] == ranked[start][0]:
            end += 1
        kinds = [kind for _, kind in ranked[start:end]]
        ours, theirs = kinds.count(0), kinds.count(1)
        above += ours * (below + theirs / 2)
        below += theirs
        start = end
    return above / (len(first) * len(second))


def turns(port: int, pair: Pair, count: int) -> list[tuple[int, bytes]]:
    """So many pairs, each in random order, made before any is sent: making one takes its time."""
    makes = (pair.exists, pair.not_there)
    kinds = [kind for _ in range(count) for kind in random.sample((0, 1), 2)]
    return [
        (kind, makes[kind]().wire(port).replace(b"Connection: close\r\n", b"")) for kind in kinds
    ]


def measure(port: int, pair: Pair, count: int) -> Result:
    """Send so many pairs in turn, each in random order; raises AssertionError if bytes differ."""
    line = Line(port)
    taken: tuple[list[float], list[float]] = ([], [])
    answers: set[bytes] = set()
    for number, (kind, octets) in enumerate(turns(port, pair, count + WARM_UP)):
        seconds, answer = line.take(octets)
        answers.add(answer)
        if number >= 2 * WARM_UP:
            taken[kind].append(seconds)
    assert len(answers) == 1, f"{pair.name}: told apart by their bytes: {answers}"
    middle = [sorted(values)[len(values) // 2] for values in taken]
    return Result(pair.name, middle[0], middle[1], area(*taken))


def basic(user: str, password: str) -> tuple[str, str]:
    """An Authorization header."""
    return "Authorization", "Basic " + b64encode(f"{user}:{password}".encode()).decode()


def posted(*headers: tuple[str, str], **parameters: str) -> Request:
    """A form at the token endpoint."""
    return Request("POST", TOKEN, (FORM, *headers), urlencode(parameters).encode())


def assertion(client_id: str, issuer: str) -> Request:
    """A good assertion but for its key."""
    now = int(time.time())
    claims = {
        "iss": client_id,
        "sub": client_id,
        "aud": issuer,
        "exp": now + 3000,
        "jti": secrets.token_hex(),
    }
    signed = jws.compact(b'{"alg":"HS256"}', jws.dump(claims), secret().encode())
    return posted(
        grant_type="client_credentials",
        client_assertion_type=JWT_BEARER,
        client_assertion=signed.decode(),
    )


def secret() -> str:
    """A well-formed secret that nobody has."""
    return make_client_secret()


def stranger() -> str:
    """An address of nobody, as long as those of `tests.people`."""
    return f"{secrets.token_hex(8)}@people.example"


def users(person: Person, disabled: Person) -> list[Pair]:
    """Wrong passwords."""

    def grant(email: Callable[[], str]) -> Make:
        return lambda: posted(
            grant_type="password", username=email(), password=secrets.token_urlsafe(24)
        )

    def route(email: Callable[[], str]) -> Make:
        return lambda: Request("GET", BASIC, (basic(email(), secrets.token_urlsafe(24)),))

    return [
        Pair("user, password grant", grant(lambda: person.email), grant(stranger)),
        Pair("user, Basic route", route(lambda: person.email), route(stranger)),
        Pair("disabled user", grant(lambda: disabled.email), grant(stranger)),
    ]


def clients(client_ids: Iterator[str], issuer: str) -> list[Pair]:
    """Wrong secrets, by each of the three methods; a client is tried once, as nobody's id is."""

    def by_basic(who: Callable[[], str]) -> Make:
        return lambda: posted(basic(who(), secret()), grant_type="client_credentials")

    def by_post(who: Callable[[], str]) -> Make:
        return lambda: posted(
            grant_type="client_credentials", client_id=who(), client_secret=secret()
        )

    def by_jwt(who: Callable[[], str]) -> Make:
        return lambda: assertion(who(), issuer)

    ways: Mapping[str, Callable[[Callable[[], str]], Make]] = {
        "client_secret_basic": by_basic,
        "client_secret_post": by_post,
        "client_secret_jwt": by_jwt,
    }
    return [
        Pair(name, make(lambda: next(client_ids)), make(lambda: str(uuid4())))
        for name, make in ways.items()
    ]


def ids(person: Person, foreign: str) -> list[Pair]:
    """Another's credential, by each method of its path."""

    def at(method: str, client_id: Callable[[], str], body: bytes = b"") -> Make:
        return lambda: Request(
            method, f"{CLIENTS}/{client_id()}", tuple(person.bearer.items()), body
        )

    return [
        Pair(
            f"{method} of another's id",
            at(method, lambda: foreign, body),
            at(method, lambda: str(uuid4()), body),
        )
        for method, body in (("GET", b""), ("DELETE", b""), ("PATCH", b"{}"))
    ]


def options() -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(prog="python -m bench.timing", description=__doc__)
    parser.add_argument("--pairs", type=int, default=2000, help="of each kind (%(default)s)")
    parser.add_argument("--only", default="", help="pairs whose name holds this")
    parser.add_argument("--json", type=Path, help="write all figures here")
    return parser.parse_args()


def main() -> int:
    """Measure each pair, and say which can be told apart."""
    chosen, results = options(), list[Result]()
    with (
        tempfile.TemporaryDirectory(prefix="tokenhouse-timing-") as folder,
        Service(Path(folder), settings=UNTHROTTLED) as service,
    ):
        person, other, disabled = (add_person(service) for _ in range(3))
        done = service.cli("user", "disable", disabled.email)
        assert done.returncode == 0, done.stderr
        place = "--data-dir", str(service.data_dir)
        foreign, *others = seed.add_to(place, other.id, 1 + 3 * (chosen.pairs + WARM_UP))
        by_secret = clients(iter(others), service.url)
        pairs = [*users(person, disabled), *by_secret, *ids(person, foreign)]
        for pair in pairs:
            if chosen.only in pair.name:
                results.append(measure(service.port, pair, chosen.pairs))
                tell(results[-1])
    if chosen.json:
        chosen.json.write_text(json.dumps([vars(one) for one in results], indent=1), "utf-8")
    return 0 if all(one.passed for one in results) else 1


def tell(result: Result) -> None:
    """One line of the report."""
    verdict = "tells nothing" if result.passed else "TOLD APART"
    print(
        f"{result.name:24} exists {result.exists * 1e6:8.0f} µs  not there "
        f"{result.not_there * 1e6:8.0f} µs  area {result.area:.3f}  {verdict}"
    )


if __name__ == "__main__":
    sys.exit(main())
