"""A small API in Flask that takes access tokens.

pip install tokenhouse-sdk flask
ISSUER=http://127.0.0.1:8000 PORT=9000 python examples/flask_api.py
curl -H @<(th token --header) http://127.0.0.1:9000/
"""

import os

from flask import Flask, g

from tokenhouse_sdk.flask import RequireToken

ISSUER = os.environ["ISSUER"]

app = Flask(__name__)


@app.get("/")
@RequireToken(ISSUER, os.environ.get("AUDIENCE"))
def whoami() -> dict[str, str]:
    """Say whose token it is."""
    return {"user_id": g.claims["user_id"], "client_id": g.claims["client_id"]}


if __name__ == "__main__":
    app.run("127.0.0.1", int(os.environ.get("PORT", "9000")))
