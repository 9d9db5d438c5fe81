"""`PAGES`: all pages, by noun."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tokenhouse.console import (
    account,
    credential,
    credential_end,
    credentials,
    events,
    keys,
    reset,
    sign_in,
    state,
    try_it,
    users,
)

if TYPE_CHECKING:
    from tokenhouse.console.page import Page

PAGES: tuple[Page, ...] = (
    *sign_in.PAGES,
    *credentials.PAGES,
    *credential.PAGES,
    *credential_end.PAGES,
    *try_it.PAGES,
    *account.PAGES,
    *events.PAGES,
    *reset.PAGES,
    *users.PAGES,
    *keys.PAGES,
    *state.PAGES,
)
