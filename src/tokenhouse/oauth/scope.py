"""Scope (RFC 6749 section 3.3): what was asked, narrowed to what is allowed.

While the operator has defined no scopes, `scope` is ignored, as the reference says.
"""

from __future__ import annotations

import re

from tokenhouse.oauth.errors import InvalidScope

_TOKEN = re.compile(r"[\x21\x23-\x5B\x5D-\x7E]{1,128}")


def is_scope_token(name: str) -> bool:
    """Tell whether `name` is one scope-token of the grammar, of at most 128 characters."""
    return _TOKEN.fullmatch(name) is not None


def narrow(asked: str | None, allowed: tuple[str, ...] | None) -> str | None:
    """Return the scope to grant.

    Args:
        asked: `scope` of the request; None = all that is allowed.
        allowed: what may be granted; None = scopes are off.

    Returns:
        The scope, space-separated, in the order of `allowed`; None where scopes are off.

    Raises:
        InvalidScope: malformed, unknown, or more than is allowed.

    """
    if allowed is None:
        return None
    wanted = allowed if asked is None else tuple(asked.split(" "))
    if not set(wanted) <= set(allowed):
        raise InvalidScope
    return " ".join(name for name in allowed if name in wanted)
