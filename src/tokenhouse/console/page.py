"""The shape of a page, and a visit to one: who asks, with which form, and how it is answered."""

from __future__ import annotations

import base64
import hmac
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal
from urllib.parse import urlsplit

from starlette.responses import HTMLResponse, RedirectResponse, Response

from tokenhouse.actor import Actor
from tokenhouse.console import cookies
from tokenhouse.console.templates import TEMPLATES
from tokenhouse.crypto.secrets import make_cookie

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from starlette.requests import Request

    from tokenhouse.context import Context
    from tokenhouse.manage.sessions import SignedIn
    from tokenhouse.oauth.origin import Origin

PATH = "/console"
FORM_TOKEN = "form_token"  # noqa: S105 - a name, because the rule sees "token"
Who = Literal["anyone", "person", "admin"]
_PURPOSE = "console form"
_SEE_OTHER = 303
_UNFIT = 422


@dataclass(frozen=True, slots=True)
class Page:
    """One address of the console.

    Attributes:
        path: below `/console`, in the words of Starlette's routes.
        get: answers GET and HEAD; None = there is only a form that is sent here.
        post: answers a form whose token holds; None = there is none.
        who: may come here.
        fields: names that the form may hold; others are ignored.

    """

    path: str
    get: Callable[[Visit], Awaitable[Response]] | None = None
    post: Callable[[Visit], Awaitable[Response]] | None = None
    who: Who = "person"
    fields: frozenset[str] = frozenset()


def root(context: Context) -> str:
    """Return the console's path as browsers see it, where the issuer has one too."""
    return urlsplit(context.settings.issuer).path + PATH


@dataclass(slots=True)
class Visit:
    """One request.

    Attributes:
        context: the Context.
        request: as it came; its path has no final slash.
        signed_in: who asks, None where nobody has signed in.
        form: the fields that were sent and are not empty.

    """

    context: Context
    request: Request
    signed_in: SignedIn | None = None
    form: dict[str, str] = field(default_factory=dict[str, str])
    _binding: str = ""

    @property
    def me(self) -> SignedIn:
        """Who asks, on pages that only those see who have signed in."""
        if self.signed_in is None:
            msg = "this page is for people who have signed in"
            raise RuntimeError(msg)
        return self.signed_in

    @property
    def actor(self) -> Actor:
        """The person, as the rules of `manage` know one."""
        user = self.me.user
        return Actor(user.id, user.is_superuser, origin=self.origin)

    @property
    def origin(self) -> Origin:
        """Where the request came from."""
        found: Origin = self.request.scope["origin"]
        return found

    def part(self, name: str) -> str:
        """Return a part of the path."""
        found: str = self.request.path_params[name]
        return found

    def asked(self, name: str) -> str:
        """Return a field of the form, empty where it was not filled in."""
        return self.form.get(name, "")

    def form_token(self, path: str) -> str:
        """Return what a form must carry to be taken at `path`, bound to this browser."""
        bound = f"{self._bound()}\n{path}".encode()
        mac = self.context.sealer.mac(_PURPOSE, bound)
        return base64.urlsafe_b64encode(mac).rstrip(b"=").decode()

    def is_own_form(self, path: str, token: str) -> bool:
        """Tell whether a form was made here, for this browser and this path."""
        ours = self.form_token(path).encode()
        return not self._binding and hmac.compare_digest(ours, token.encode())

    def _bound(self) -> str:
        """What the browser holds that no other can know; a new one where it has nothing."""
        plain = cookies.FORMS if self.signed_in is None else cookies.SESSION
        held = cookies.read(self.context, self.request, plain)
        if not held and not self._binding:
            self._binding = make_cookie()
        return held or self._binding

    def page(self, name: str, status: int = 200, **values: Any) -> Response:  # noqa: ANN401 - because templates take anything
        """Answer with a template.

        Args:
            name: of the template.
            status: of the answer.
            values: what it shows.

        """
        text = TEMPLATES.get_template(name).render(
            visit=self, root=root(self.context), now=self.context.clock(), **values
        )
        response = HTMLResponse(text, status)
        if self._binding:
            cookies.write(self.context, response, cookies.FORMS, self._binding)
        return response

    def unfit(self, name: str, errors: dict[str, str], **values: Any) -> Response:  # noqa: ANN401 - likewise, because templates do
        """Answer with the form again, and what is wrong beside each field."""
        return self.page(name, _UNFIT, errors=errors, **values)

    def go(self, path: str) -> Response:
        """Send the browser to another page of the console, by GET."""
        return RedirectResponse(root(self.context) + path, _SEE_OTHER)

    def go_and_show(self, path: str, **shown: str) -> Response:
        """Send the browser to a page that shows something secret, once."""
        response = self.go(path)
        sealed = cookies.seal_once(self.context, self._place(path), shown)
        cookies.write(self.context, response, cookies.ONCE, sealed, cookies.ONCE_SECONDS)
        return response

    def shown_once(self, path: str) -> dict[str, Any] | None:
        """Return what `go_and_show` gave for this path and this session; None where it is over."""
        value = cookies.read(self.context, self.request, cookies.ONCE)
        return cookies.open_once(self.context, self._place(path), value) if value else None

    def forget_once(self, response: Response) -> Response:
        """Have the browser forget what was shown once."""
        cookies.write(self.context, response, cookies.ONCE, "", 0)
        return response

    def _place(self, path: str) -> str:
        return f"{self.me.session.id} {path}"
