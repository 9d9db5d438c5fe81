"""Who acts: a person, a program on a person's behalf, or the operator."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Actor:
    """Who acts.

    Attributes:
        user_id: the person, or the owner of the program that acts.
        is_admin: an administrator who signed in in person, or the operator.
        client_id: the program, where one acts.

    """

    user_id: str
    is_admin: bool = False
    client_id: str | None = None
