"""An access token as a request shows it: `Bearer`, or `DPoP` with a proof of the sender's key.

RFC 6750 and RFC 9449 section 7. The trap: a token that is bound to a key must not pass with the
Bearer scheme, or whoever steals it could leave the proof away.
"""

from __future__ import annotations

import hmac
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tokenhouse.log import LOGGER
from tokenhouse.oauth.bearer import DPOP, BearerError, invalid_token, read_token
from tokenhouse.oauth.errors import InvalidDpopProof, UseDpopNonce
from tokenhouse.possession import SenderKey, record, sender_key
from tokenhouse.tokens.access_token import AccessToken, InvalidToken, check

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tokenhouse.context import Context
    from tokenhouse.oauth.bearer import ShownToken


@dataclass(frozen=True, slots=True)
class Shown:
    """What of a request says who sent it.

    Attributes:
        authorization: every `Authorization` header.
        proofs: every `DPoP` header.
        method: as it was sent.
        url: where it went, by our settings.

    """

    authorization: Sequence[str]
    proofs: Sequence[str]
    method: str
    url: str


async def accept(context: Context, shown: Shown) -> tuple[AccessToken, SenderKey | None]:
    """Check the access token, and that its sender holds the key that it is bound to.

    Raises:
        BearerError: there is none, or it is not good here and now.

    """
    token = read_token(shown.authorization)
    try:
        found = await check(context, token.text)
        key = await _sender(context, shown, token, found)
    except InvalidToken as error:
        LOGGER.info("token refused", extra={"reason": str(error)})
        raise invalid_token(token.scheme) from None
    except InvalidDpopProof as error:
        LOGGER.info("proof refused", extra={"error": error.code, "reason": error.detail})
        nonce = error.nonce if isinstance(error, UseDpopNonce) else None
        raise BearerError(error.code, 401, error.description, DPOP, nonce) from None
    return found, key


async def _sender(
    context: Context, shown: Shown, token: ShownToken, found: AccessToken
) -> SenderKey | None:
    """Prove that the sender holds the token's key; None where it is bound to none."""
    if token.scheme != DPOP:
        if found.bound_to is not None:
            msg = "bound to a key, but sent as Bearer"
            raise InvalidToken(msg)
        return None
    key = sender_key(context, shown.proofs, shown.method, shown.url, token.text)
    if key is None:
        raise InvalidDpopProof(detail="no proof")
    if not hmac.compare_digest(str(found.bound_to), key.thumbprint):
        msg = "bound to another key, or to none"
        raise InvalidToken(msg)
    await record(context, key)
    return key
