"""`RequireToken` for Django: a decorator.

    @RequireToken(ISSUER, scopes=["maps.read"])
    def maps(request): ...

The claims are `request.claims`.
"""

from collections.abc import Callable
from functools import wraps
from inspect import iscoroutinefunction
from typing import Any

from django.http import HttpRequest, JsonResponse

from tokenhouse_sdk.checking.requirement import Requirement, Unmet
from tokenhouse_sdk.checking.sent import Sent

View = Callable[..., Any]


class RequireToken(Requirement):
    """Refuses requests without a good token."""

    def __call__(self, view: View) -> View:
        """Guard a view, `async` or not."""
        return self._async(view) if iscoroutinefunction(view) else self._sync(view)

    def _sync(self, view: View) -> View:
        @wraps(view)
        def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> Any:  # noqa: ANN401 - a view's own
            try:
                request.__dict__["claims"] = self.check(_sent(request))
            except Unmet as error:
                return self._response(error)
            return view(request, *args, **kwargs)

        return guarded

    def _async(self, view: View) -> View:
        @wraps(view)
        async def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> Any:  # noqa: ANN401 - a view's own
            try:
                request.__dict__["claims"] = await self.check_async(_sent(request))
            except Unmet as error:
                return self._response(error)
            return await view(request, *args, **kwargs)

        return guarded

    def _response(self, error: Exception) -> JsonResponse:
        answer = self.answer(error)
        return JsonResponse(answer.body, status=answer.status, headers=answer.headers)


def _sent(request: HttpRequest) -> Sent:
    """Django keeps one value of a header; a second Authorization is in it, after a comma."""
    headers = request.headers
    return Sent(
        [headers["Authorization"]] if "Authorization" in headers else [],
        request.method or "",
        request.build_absolute_uri(),
        [headers["DPoP"]] if "DPoP" in headers else [],
    )
