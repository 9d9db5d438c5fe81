"""Does the sender hold this key? The one place that checks a DPoP proof (RFC 9449 section 4.3).

The traps: a proof made for another method, place or token, one used before, and a place taken
from the request's `Host`. The key comes inside the proof: its shape is checked like that of a
registered one, and what it signs binds a token to it but says nothing about who sent it.
"""

from __future__ import annotations

import asyncio
import hashlib
import hmac
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any, cast

from tokenhouse.crypto.public_keys import PublicKey, UnfitKey, checked
from tokenhouse.crypto.signer import base64url, thumbprint
from tokenhouse.log import LOGGER
from tokenhouse.oauth.dpop import ALGORITHMS, TYPE, place
from tokenhouse.oauth.errors import InvalidDpopProof, UseDpopNonce
from tokenhouse.oauth.jwt_claims import (
    LEEWAY,
    MalformedJwt,
    UntrustedJwt,
    decode_base64url,
    read_jwt,
    strict_object,
)
from tokenhouse.store import used_once

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tokenhouse.context import Context

OLDEST = 60  # seconds that a proof may be old
NONCE_SECONDS = 300  # a nonce is good for this long, and at most twice as long
_NONCE_PURPOSE = "dpop-nonce"
_NONCE_OCTETS = 16


@dataclass(frozen=True, slots=True)
class SenderKey:
    """A key that the sender holds.

    Attributes:
        thumbprint: of the public key, `jkt` (RFC 7638, RFC 9449 section 6.1).
        use: what must be recorded, last of all, before the proof counts: digest and end.

    """

    thumbprint: str
    use: tuple[bytes, float]


def sender_key(
    context: Context, proofs: Sequence[str], method: str, url: str, token: str | None = None
) -> SenderKey | None:
    """Check the proof that a request brings.

    Args:
        context: the Context.
        proofs: every `DPoP` header sent.
        method: of the request, as it was sent.
        url: where the request went, by our settings.
        token: the access token that comes with it, None at the token endpoint.

    Returns:
        The key, None where no proof was sent. Its use is not recorded yet.

    Raises:
        InvalidDpopProof: it does not hold.
        UseDpopNonce: it holds, but for the nonce that the settings ask for.

    """
    if not proofs:
        return None
    if len(proofs) > 1:
        raise InvalidDpopProof(detail="several DPoP headers")
    try:
        proof = read_jwt(proofs[0], key_inside=True)
        jkt = _check_signature(proofs[0], proof)
        _check_target(proof, method, url)
        end = _check_times(proof, context.clock())
        use = used_once.digest(f"dpop {jkt}", proof.text("jti"))
    except (MalformedJwt, UnfitKey) as error:
        raise InvalidDpopProof(detail=f"proof: {error}") from None
    if token is not None and not _is_hash_of(proof.claims.get("ath"), token):
        raise InvalidDpopProof(detail="proof: ath")
    if context.settings.dpop_nonces and not _is_ours(context, proof.claims.get("nonce")):
        raise UseDpopNonce(_nonce(context, _window(context)))
    return SenderKey(jkt, (use, end))


async def record(
    context: Context, key: SenderKey | None, other: tuple[bytes, float] | None = None
) -> bool:
    """Record that a proof was used, and another use with it, in one write.

    Returns:
        Whether the other is its first use too; True where there is none.

    Raises:
        InvalidDpopProof: the proof was used before.

    """
    if key is None:
        return other is None or await context.hot.use.ask(other)
    proof = context.hot.use.ask(key.use)
    if other is not None:
        is_fresh, _ = await asyncio.gather(context.hot.use.ask(other), proof)
        if not is_fresh:
            return False
    if not await proof:
        LOGGER.warning("DPoP proof replayed")
        raise InvalidDpopProof(detail="proof: used before")
    return True


def needed_sender_key(
    context: Context, proofs: Sequence[str], method: str, url: str
) -> SenderKey | None:
    """Check the proof of a token request; None where it brings none and need not.

    Raises:
        InvalidDpopProof: see `sender_key`, or there is none and the settings ask for one.

    """
    key = sender_key(context, proofs, method, url)
    if key is None and context.settings.require_dpop:
        msg = "Tokens are bound to a key here: send a DPoP proof (RFC 9449)."
        raise InvalidDpopProof(msg)
    return key


def _check_signature(text: str, proof: UntrustedJwt) -> str:
    """Return the thumbprint of the key inside, which signed the proof."""
    key, jkt = _key_inside(text.partition(".")[0])
    if proof.typ != TYPE or proof.alg not in ALGORITHMS or not key.fits(proof.alg, None):
        msg = "typ or alg"
        raise MalformedJwt(msg)
    if not key.verify(proof.alg, proof.signing_input, proof.signature):
        msg = "signature"
        raise MalformedJwt(msg)
    return jkt


@lru_cache(maxsize=1024)
def _key_inside(raw_header: str) -> tuple[PublicKey, str]:
    """Make the key of a header ready; clients send the same header over and over."""
    jwk = strict_object(decode_base64url(raw_header)).get("jwk")
    if not isinstance(jwk, dict):
        msg = "no jwk"
        raise MalformedJwt(msg)
    members = cast("dict[str, Any]", jwk)
    return checked(members), thumbprint(members)


def _check_target(proof: UntrustedJwt, method: str, url: str) -> None:
    htm, htu = proof.claims.get("htm"), proof.claims.get("htu")
    if htm != method or not isinstance(htu, str) or place(htu) is None or place(htu) != place(url):
        msg = "htm or htu"
        raise MalformedJwt(msg)


def _check_times(proof: UntrustedJwt, now: float) -> float:
    """Return when the proof is too old."""
    iat, exp, nbf = (proof.time(name) for name in ("iat", "exp", "nbf"))
    if iat is None or not now - OLDEST - LEEWAY < iat <= now + LEEWAY:
        msg = "iat"
        raise MalformedJwt(msg)
    if (exp is not None and exp <= now - LEEWAY) or (nbf is not None and nbf > now + LEEWAY):
        msg = "exp or nbf"
        raise MalformedJwt(msg)
    return iat + OLDEST + LEEWAY


def _is_hash_of(ath: object, token: str) -> bool:
    """Compare `ath` with the access token's hash (section 4.2)."""
    expected = base64url(hashlib.sha256(token.encode()).digest()).decode()
    return isinstance(ath, str) and hmac.compare_digest(ath.encode(), expected.encode())


def next_nonce(context: Context, key: SenderKey | None) -> list[tuple[bytes, bytes]]:
    """Return the header that gives a sender of proofs the nonce to go on with (section 8.2)."""
    if key is None or not context.settings.dpop_nonces:
        return []
    return [(b"dpop-nonce", _nonce(context, _window(context)).encode())]


def _window(context: Context) -> int:
    return int(context.clock() // NONCE_SECONDS)


def _nonce(context: Context, window: int) -> str:
    """Make the nonce of a window of time (section 8); every worker and machine makes the same."""
    mac = context.sealer.mac(_NONCE_PURPOSE, b"%d" % window)
    return base64url(mac[:_NONCE_OCTETS]).decode()


def _is_ours(context: Context, value: object) -> bool:
    window = _window(context)
    good = [_nonce(context, window), _nonce(context, window - 1)]
    return isinstance(value, str) and any(
        hmac.compare_digest(value.encode(), one.encode()) for one in good
    )
