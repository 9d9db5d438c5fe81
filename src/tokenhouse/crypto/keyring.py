"""The signing keys at hand: which one signs, which ones check.

Every worker has its own keyring and reloads it from time to time. None of them is told when to
switch: each key says from when on it signs, so all switch in the same moment.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from tokenhouse.crypto.signer import Signer


@dataclass(frozen=True, slots=True)
class Dated:
    """A signing key and from when on it signs, unix seconds."""

    signer: Signer
    signs_from: float


class Keyring:
    """Signing keys by `kid`; the last one whose time has come signs.

    `lags` says that the database holds one that did not open, so that others may know keys which
    this process does not.
    """

    def __init__(self, keys: Sequence[Dated], clock: Callable[[], float]) -> None:
        """Take the keys, first to last, and the clock that says which of them signs."""
        self._clock = clock
        self.replace(keys)

    def replace(self, keys: Sequence[Dated]) -> None:
        """Take other keys, first to last."""
        self._by_kid = {key.signer.kid: key.signer for key in keys}
        self._keys = tuple(keys)
        self._chosen = (keys[0].signer, 0.0)
        self.lags = False

    @property
    def current(self) -> Signer:
        """The key that signs now."""
        signer, until = self._chosen
        now = self._clock()
        if now >= until:
            signer, _ = self._chosen = self._choose(now)
        return signer

    def sign(self, claims: Sequence[bytes]) -> list[str]:
        """Sign with the key that signs now, in a row: its tables stay in the processor's cache.

        Args:
            claims: the JSON text of each access token.

        Returns:
            The tokens, in their order.

        """
        signer = self.current
        return [signer.sign(one) for one in claims]

    def _choose(self, now: float) -> tuple[Signer, float]:
        """Return the key that signs at `now`, and when to choose again."""
        begun = [key for key in self._keys if key.signs_from <= now]
        later = [key.signs_from for key in self._keys if key.signs_from > now]
        # None has begun where a clock is behind: the first is as good as it will be.
        chosen = begun[-1] if begun else self._keys[0]
        return chosen.signer, min(later, default=float("inf"))

    def times(self, now: float) -> tuple[float, float | None]:
        """Return since when the key in use signs at `now`, and from when the next one will."""
        later = [key.signs_from for key in self._keys if key.signs_from > now]
        signer, _ = self._choose(now)
        since = next(key.signs_from for key in self._keys if key.signer is signer)
        return since, min(later, default=None)

    def find(self, kid: str) -> Signer | None:
        """Return the key with this `kid`, or None."""
        return self._by_kid.get(kid)

    @property
    def jwks(self) -> dict[str, list[dict[str, Any]]]:
        """The public halves (RFC 7517 section 5), that of the key in use first."""
        current = self.current
        others = [key.signer for key in reversed(self._keys) if key.signer is not current]
        return {"keys": [signer.jwk for signer in (current, *others)]}
