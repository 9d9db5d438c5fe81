"""The issuer's signed feed of tokens that ended early, followed (docs/revocations.md).

While it cannot be fetched the last one goes on: a revoked token then lives at most until its own
end. The trap: an old feed that is sent again must not bring tokens back.
"""

import logging
import time
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

import httpx

from tokenhouse_sdk.checking.jws import Malformed, number, read
from tokenhouse_sdk.checking.key_set import KeySet
from tokenhouse_sdk.errors import TokenhouseError

TYPE = "revocations+jwt"
EVERY = 5.0  # seconds
_LOGGER = logging.getLogger("tokenhouse_sdk")
_ENDED_BY = (("clients", "client_id"), ("users", "sub"), ("owners", "user_id"))
_NONE: Mapping[str, Any] = {"tokens": {}, "clients": {}, "users": {}, "owners": {}}


class Revocations:
    """The feed at one URL, as it was last fetched."""

    def __init__(self, url: str, issuer: str, keys: KeySet, http: httpx.Client) -> None:
        """Take where the feed is; nothing is fetched yet."""
        self._url = url
        self._issuer = issuer
        self._keys = keys
        self._http = http
        self._feed = _NONE
        self._tag = ""
        self._is_away = False

    def end(self, claims: Mapping[str, Any]) -> bool:
        """Tell whether a token that is good otherwise was ended early."""
        feed = self._feed
        if claims["jti"] in feed["tokens"]:
            return True
        iat = claims["iat"]
        return any(iat < feed[kind].get(claims.get(claim), 0) for kind, claim in _ENDED_BY)

    def refresh(self) -> None:
        """Fetch the feed; where that fails, say so once and go on with the last."""
        headers = {"If-None-Match": self._tag} if self._tag else {}
        try:
            answer = self._http.get(self._url, headers=headers)
            if answer.status_code != HTTPStatus.NOT_MODIFIED:
                answer.raise_for_status()
                self._take(answer.text)
                self._tag = answer.headers.get("ETag", "")
        except (httpx.HTTPError, Malformed, TokenhouseError) as error:
            if not self._is_away:
                _LOGGER.warning("the revocations of %s cannot be had: %r", self._issuer, error)
            self._is_away = True
        else:
            self._is_away = False

    def _take(self, text: str) -> None:
        signed = read(text)
        if signed.typ != TYPE or not self._keys.find(signed.kid).verify(signed):
            raise Malformed("not signed by the issuer as a feed")
        feed = signed.claims()
        if feed.get("iss") != self._issuer or number(feed, "exp") <= time.time():
            raise Malformed("another issuer's feed, or one that has ended")
        if number(feed, "iat") < self._feed.get("iat", 0):
            raise Malformed("older than the last")
        if not all(isinstance(feed.get(kind), dict) for kind in _NONE):
            raise Malformed("no feed")
        self._feed = feed
