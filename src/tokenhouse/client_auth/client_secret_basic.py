"""`client_secret_basic`: HTTP Basic, id and secret form-urlencoded inside (RFC 6749 2.3.1)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tokenhouse.client_auth.method import Method, Presented
from tokenhouse.client_auth.shared_secret import check_form, verify
from tokenhouse.oauth.asked import decode
from tokenhouse.oauth.basic import MalformedBasic, is_basic, read_basic
from tokenhouse.oauth.errors import InvalidClient, InvalidRequest

if TYPE_CHECKING:
    from tokenhouse.oauth.asked import Asked


def read(asked: Asked) -> Presented | None:
    """Read the header.

    Raises:
        InvalidClient: it is Basic, but malformed.

    """
    header = asked.authorization
    if header is None or not is_basic(header):
        return None
    try:
        client_id, secret = read_basic(header)
        return Presented(decode(client_id.encode()), decode(secret.encode()))
    except (MalformedBasic, InvalidRequest):
        msg = "The Authorization header is not well-formed HTTP Basic."
        raise InvalidClient(msg) from None


METHOD = Method("client_secret_basic", read, verify, check_form=check_form)
