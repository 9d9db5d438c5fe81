"""`client_secret_post`: id and secret in the body (RFC 6749 section 2.3.1)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tokenhouse.client_auth.method import Method, Presented
from tokenhouse.client_auth.shared_secret import check_form, verify

if TYPE_CHECKING:
    from tokenhouse.oauth.asked import Asked


def read(asked: Asked) -> Presented | None:
    """Read the two parameters; a client_id alone is not this method.

    Raises:
        InvalidRequest: the secret comes without its client_id.

    """
    secret = asked.form.get("client_secret")
    return None if secret is None else Presented(asked.need("client_id"), secret)


METHOD = Method("client_secret_post", read, verify, check_form=check_form)
