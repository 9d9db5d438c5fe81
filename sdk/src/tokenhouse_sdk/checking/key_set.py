"""The issuer's public keys (RFC 7517), kept.

The traps: made-up key ids must not reach the issuer, many requests that need the same new key must
ask once, and while the issuer is away the keys that are known go on.
"""

import json
import threading
import time
from typing import TYPE_CHECKING, Any, cast

import httpx

from tokenhouse_sdk.checking.jws import Malformed, PublicKey, public_key
from tokenhouse_sdk.errors import InvalidToken, ServiceUnavailable

if TYPE_CHECKING:
    from collections.abc import Mapping

COOL_DOWN = 10.0  # seconds between two looks for a key that is not known
LIFE = 300.0  # seconds after which the keys are asked for again
LONGEST = 86_400.0  # seconds that they are used while the issuer cannot be reached


class KeySet:
    """The keys at one URL; any number of threads may share it."""

    def __init__(self, url: str, http: httpx.Client) -> None:
        """Take where the keys are; nothing is fetched yet."""
        self._url = url
        self._http = http
        self._lock = threading.Lock()
        self._keys: Mapping[str, PublicKey] = {}
        self._fetched_at = self._tried_at = float("-inf")

    def find(self, kid: str) -> PublicKey:
        """Return a key, fetching the set where it is not known and the cool-down has passed.

        Raises:
            InvalidToken: the issuer has no such key.
            ServiceUnavailable: the issuer's keys cannot be had.

        """
        key = self._known(kid)
        if key is None and not self.is_at_hand(kid):
            with self._lock:
                if not self.is_at_hand(kid):  # nobody else has just looked
                    self._fetch()
            key = self._known(kid)
        if key is not None:
            return key
        if self._fetched_at < self._tried_at:
            raise ServiceUnavailable("the issuer's keys cannot be had")
        raise InvalidToken("The token is signed by an unknown key.")

    def is_at_hand(self, kid: str) -> bool:
        """Tell whether `find` answers without asking the issuer."""
        return self._known(kid) is not None or time.monotonic() - self._tried_at < COOL_DOWN

    def refresh(self) -> None:
        """Ask for the keys again where they are old or the last attempt failed."""
        failed = self._fetched_at < self._tried_at
        if failed or time.monotonic() - self._fetched_at >= LIFE:
            with self._lock:
                self._fetch()

    def _known(self, kid: str) -> PublicKey | None:
        key = self._keys.get(kid)
        if key is None or time.monotonic() - self._fetched_at > LONGEST:
            return None
        return key

    def _fetch(self) -> None:
        self._tried_at = time.monotonic()
        try:
            answer = self._http.get(self._url)
            answer.raise_for_status()
            self._keys = _read(answer.content)
        except (httpx.HTTPError, Malformed):
            return
        self._fetched_at = self._tried_at = time.monotonic()


def _read(body: bytes) -> dict[str, PublicKey]:
    """Read a JWK Set; keys that we cannot use are left out (RFC 7517 section 5)."""
    try:
        document: object = json.loads(body)
    except (ValueError, RecursionError):
        raise Malformed("no JSON") from None
    listed = cast("dict[str, Any]", document).get("keys") if isinstance(document, dict) else None
    if not isinstance(listed, list):
        raise Malformed("no JWK Set")
    found: dict[str, PublicKey] = {}
    for jwk in cast("list[dict[str, Any]]", listed):
        try:
            found[jwk["kid"]] = public_key(jwk)
        except (Malformed, KeyError, TypeError):
            continue
    return found
