"""What a grant answers: for whom, and with which scope."""

from __future__ import annotations

from typing import NamedTuple


class Approval(NamedTuple):
    """A token may be issued.

    Attributes:
        subject: `sub` of the token: a user's UUID, or the client_id.
        user_id: UUID of the owning user.
        client_id: the client that the token is issued to.
        generation: which of the subject's generations of tokens it belongs to; when the
            subject's moves on, all older tokens are dead.
        scope: granted scope, space-separated, or None while scopes are off.

    """

    subject: str
    user_id: str
    client_id: str
    generation: int
    scope: str | None = None
