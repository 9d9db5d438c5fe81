"""Who acts: a person, a program on a person's behalf, the operator, or the service itself."""

from __future__ import annotations

from dataclasses import dataclass

from tokenhouse.oauth.origin import NOWHERE, Origin


@dataclass(frozen=True, slots=True)
class Actor:
    """Who acts.

    Attributes:
        user_id: the person, or the owner of the program that acts.
        is_admin: an administrator who signed in in person, or the operator.
        client_id: the program, where one acts.
        is_operator: acts on the machine itself, by the command line.
        is_system: the service itself, from time to time.
        origin: the request by which it acts.

    """

    user_id: str
    is_admin: bool = False
    client_id: str | None = None
    is_operator: bool = False
    is_system: bool = False
    origin: Origin = NOWHERE

    @property
    def name(self) -> str:
        """How it is written down: `client:ID`, `user:ID`, `operator`, `system` or `anonymous`."""
        if self.is_system:
            return "system"
        if self.is_operator:
            return "operator"
        if not self.user_id:
            return "anonymous"
        return f"client:{self.client_id}" if self.client_id else f"user:{self.user_id}"


OPERATOR = Actor("", is_admin=True, is_operator=True)
SYSTEM = Actor("", is_system=True)
