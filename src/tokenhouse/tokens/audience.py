"""For which APIs a token is: resource indicators (RFC 8707) pick among configured audiences."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tokenhouse.oauth.errors import InvalidTarget

if TYPE_CHECKING:
    from tokenhouse.oauth.asked import Asked
    from tokenhouse.settings import Settings


def choose_audience(settings: Settings, asked: Asked) -> str | list[str]:
    """Return `aud` of the token: the resources asked for, or all that are configured.

    Raises:
        InvalidTarget: one of them is not configured (section 2).

    """
    resource = asked.form.get("resource")
    if resource is None:
        return settings.audiences
    configured = settings.audiences
    known = {configured} if isinstance(configured, str) else set(configured)
    chosen = list(dict.fromkeys(resource.split(" ")))
    if not known.issuperset(chosen):
        raise InvalidTarget
    return chosen[0] if len(chosen) == 1 else chosen
