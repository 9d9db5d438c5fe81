"""`RequireToken` for FastAPI: a dependency that gives the claims.

@app.get("/maps")
def maps(claims: Annotated[Claims, Depends(RequireToken(ISSUER, scopes=["maps.read"]))]): ...
"""

from collections.abc import Sequence

from fastapi import HTTPException, Request
from fastapi.openapi.models import HTTPBearer
from fastapi.security.base import SecurityBase

from tokenhouse_sdk.checking.checker import Claims, TokenChecker
from tokenhouse_sdk.checking.requirement import Requirement, Unmet
from tokenhouse_sdk.checking.sent import Sent

__all__ = ["Claims", "RequireToken"]


class RequireToken(SecurityBase):
    """Refuses requests without a good token; the OpenAPI document says so."""

    def __init__(
        self,
        issuer: str | TokenChecker,
        audience: str | Sequence[str] | None = None,
        *,
        scopes: Sequence[str] = (),
        realm: str = "api",
        base_url: str | None = None,
    ) -> None:
        """Take what `tokenhouse_sdk.checking.requirement.Requirement` takes."""
        self.model = HTTPBearer(bearerFormat="JWT")
        self.scheme_name = "AccessToken"
        self._needed = Requirement(issuer, audience, scopes=scopes, realm=realm, base_url=base_url)

    async def __call__(self, request: Request) -> Claims:
        """Return the claims of the request's token; raises HTTPException."""
        sent = Sent(
            request.headers.getlist("authorization"),
            request.method,
            str(request.url),
            request.headers.getlist("dpop"),
        )
        try:
            return await self._needed.check_async(sent)
        except Unmet as error:
            answer = self._needed.answer(error)
            raise HTTPException(answer.status, answer.body["detail"], answer.headers) from None
