"""`RequireToken` for Flask: a decorator.

    @app.get("/maps")
    @RequireToken(ISSUER, scopes=["maps.read"])
    def maps(): ...

The claims are `flask.g.claims`.
"""

from collections.abc import Callable
from functools import wraps
from typing import ParamSpec

from flask import current_app, g, jsonify, request
from flask.typing import ResponseReturnValue

from tokenhouse_sdk.checking.requirement import Requirement, Unmet
from tokenhouse_sdk.checking.sent import Sent

P = ParamSpec("P")


class RequireToken(Requirement):
    """Refuses requests without a good token."""

    def __call__(self, view: Callable[P, ResponseReturnValue]) -> Callable[P, ResponseReturnValue]:
        """Guard a view, `async` or not."""

        @wraps(view)
        def guarded(*args: P.args, **kwargs: P.kwargs) -> ResponseReturnValue:
            sent = Sent(
                request.headers.getlist("Authorization"),
                request.method,
                request.url,
                request.headers.getlist("DPoP"),
            )
            try:
                g.claims = self.check(sent)
            except Unmet as error:
                answer = self.answer(error)
                return jsonify(answer.body), answer.status, answer.headers
            made: ResponseReturnValue = current_app.ensure_sync(view)(*args, **kwargs)
            return made

        return guarded
