"""A small API in FastAPI that takes access tokens.

pip install tokenhouse-sdk fastapi uvicorn
ISSUER=http://127.0.0.1:8000 PORT=9000 python examples/fastapi_api.py
curl -H @<(th token --header) http://127.0.0.1:9000/
"""

import os
from typing import Annotated

import uvicorn
from fastapi import Depends, FastAPI

from tokenhouse_sdk.fastapi import Claims, RequireToken

ISSUER = os.environ["ISSUER"]
Token = Annotated[Claims, Depends(RequireToken(ISSUER, os.environ.get("AUDIENCE")))]

app = FastAPI(title="Example API")


@app.get("/")
async def whoami(claims: Token) -> dict[str, str]:
    """Say whose token it is."""
    return {"user_id": claims["user_id"], "client_id": claims["client_id"]}


if __name__ == "__main__":
    uvicorn.run(app, host="127.0.0.1", port=int(os.environ.get("PORT", "9000")))
