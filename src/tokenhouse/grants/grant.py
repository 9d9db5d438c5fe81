"""The shape of a grant."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from tokenhouse.context import Context
    from tokenhouse.oauth.approval import Approval
    from tokenhouse.oauth.asked import Asked
    from tokenhouse.oauth.client import AuthenticatedClient
    from tokenhouse.settings import Settings


@dataclass(frozen=True, slots=True)
class Grant:
    """One grant type.

    Attributes:
        name: its wire value, `grant_type`.
        approve: for whom, with which scope? Raises an OAuthError to refuse.
        needs_client: False where client authentication is optional.
        is_on: whether the settings offer it.

    """

    name: str
    approve: Callable[[Context, Asked, AuthenticatedClient], Awaitable[Approval]]
    needs_client: bool = True
    is_on: Callable[[Settings], bool] = lambda _settings: True
