"""What a browser calls itself (RFC 9110 section 10.1.5), in words that a person knows it by.

Trap: each browser claims to be the older ones too, so the order decides. It may be a lie.
"""

from __future__ import annotations

_NAMES = {
    "Edg": "Edge",
    "OPR/": "Opera",
    "SamsungBrowser/": "Samsung Internet",
    "Firefox/": "Firefox",
    "FxiOS/": "Firefox",
    "Chrome/": "Chrome",
    "CriOS/": "Chrome",
    "Safari/": "Safari",
}
_SYSTEMS = {
    "Android": "Android",
    "iPhone": "iPhone",
    "iPad": "iPad",
    "Windows": "Windows",
    "Macintosh": "macOS",
    "CrOS": "ChromeOS",
    "Linux": "Linux",
}


def browser(agent: str) -> str:
    """Name a browser and its system; one that is not known by what it calls itself."""
    name = next((name for mark, name in _NAMES.items() if mark in agent), None)
    system = next((system for mark, system in _SYSTEMS.items() if mark in agent), None)
    if name is None:
        return agent or "A browser that does not say its name"
    return f"{name} on {system}" if system else name
