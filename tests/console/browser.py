"""A browser without JavaScript, as far as the console needs one: cookies, and forms as they stand.

Trap: it follows no redirect by itself, so that a test sees the 303.
"""

import re
import ssl
from dataclasses import dataclass, field
from html.parser import HTMLParser

import httpx

from tests.people import Person
from tests.service import Service

CONSOLE = "/console"
SIGN_IN = f"{CONSOLE}/sign-in"
_NO_TLS = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)  # loading the authorities takes 0.1 s
SECRET = re.compile(r"ths_[A-Za-z0-9_-]{60}")
SESSION = "tokenhouse-session"


@dataclass
class Form:
    """A form of a page: where it is sent, and what its fields hold."""

    action: str
    fields: dict[str, str] = field(default_factory=dict[str, str])


class _Forms(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.found: list[Form] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = {name: value or "" for name, value in attrs}
        if tag == "form":
            action = values["action"] if values["method"] == "post" else "by get"
            self.found.append(Form(action))
        ticked = values.get("type") != "checkbox" or "checked" in values
        if tag == "input" and ticked and "name" in values:
            self.found[-1].fields[values["name"]] = values["value"]


def forms(page: httpx.Response) -> dict[str, Form]:
    """The forms of a page by their action."""
    parser = _Forms()
    parser.feed(page.text)
    return {form.action: form for form in parser.found}


class _Scripts(HTMLParser):
    """What of a page would run or be fetched, and is not one of the console's own files."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        sources = [value or "" for name, value in attrs if name in {"src", "srcdoc"}]
        own = all(source.startswith("/console/files/") for source in sources)
        handlers = [name for name, _ in attrs if name.startswith("on")]
        styled = tag == "style" or "style" in dict(attrs)
        if handlers or styled or not own or (tag == "script" and not sources):
            self.found.append(self.get_starttag_text() or tag)


def scripts(page: str) -> list[str]:
    """The elements of a page that would run what somebody wrote."""
    parser = _Scripts()
    parser.feed(page)
    return parser.found


def secret_of(page: str) -> str:
    """The one secret that a page shows."""
    found: set[str] = set(SECRET.findall(page))
    (secret,) = found
    return secret


class Browser:
    """One browser with its cookies."""

    def __init__(self, service: Service, **headers: str) -> None:
        self.http = httpx.Client(
            base_url=service.url,
            verify=_NO_TLS,
            trust_env=False,
            timeout=30,
            headers=headers or None,
        )

    def get(self, path: str) -> httpx.Response:
        """Open a page below the console."""
        return self.http.get(CONSOLE + path)

    def send(self, page: str, action: str, **fields: str) -> httpx.Response:
        """Open a page, fill in the form that goes to `action`, and send it."""
        form = forms(self.get(page))[CONSOLE + action]
        return self.http.post(form.action, data=form.fields | fields)

    def follow(self, answer: httpx.Response) -> httpx.Response:
        """Go where a 303 leads."""
        assert answer.status_code == 303, answer.text
        return self.http.get(answer.headers["location"])

    def sign_in(self, person: Person, password: str = "") -> "Browser":
        """Sign in; raises AssertionError if refused."""
        given = {"email": person.email, "password": password or person.password}
        answer = self.send("/sign-in", "/sign-in", **given)
        assert answer.status_code == 303, answer.text
        return self

    @property
    def is_signed_in(self) -> bool:
        """Whether the server takes the session."""
        return self.get("/account").status_code == 200

    def new_credential(self, **fields: str) -> tuple[str, str]:
        """Make a credential by the form; its client_id, and the page that shows the secret."""
        answer = self.send("/credentials/new", "/credentials/new", **fields)
        client_id = answer.headers["location"].split("/")[3]
        return client_id, self.follow(answer).text
