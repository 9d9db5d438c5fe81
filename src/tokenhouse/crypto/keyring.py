"""The signing keys at hand: which one signs, which ones check."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable

    from tokenhouse.crypto.signer import Signer


class Keyring:
    """Signing keys by `kid`; the current one signs."""

    def __init__(self, signers: Iterable[Signer], current: str) -> None:
        """Take the keys and the `kid` of the one that signs."""
        self._signers = {signer.kid: signer for signer in signers}
        self.current = self._signers[current]

    def find(self, kid: str) -> Signer | None:
        """Return the key with this `kid`, or None."""
        return self._signers.get(kid)

    @property
    def jwks(self) -> dict[str, list[dict[str, Any]]]:
        """The public halves (RFC 7517 section 5)."""
        return {"keys": [signer.jwk for signer in self._signers.values()]}

    @property
    def algorithms(self) -> list[str]:
        """The JWS algorithms in use, sorted."""
        return sorted({signer.alg for signer in self._signers.values()})
