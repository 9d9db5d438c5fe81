"""Import users from a CSV file, each with app credentials, as an administrator.

    pip install 'tokenhouse-sdk[cli]'
    python examples/import_csv.py http://127.0.0.1:8000 people.csv made.csv --admin you@example.com

`people.csv` has a column `email`, and may have `password` and `credential` (the name of the app
credentials). `made.csv` is new, mode 0600, and gets a line for each row as soon as it is done:
a password that was made up, client_id and client_secret, or why nothing was made. Run again after
an interruption with another output: who is there already is passed over.
"""

import csv
import os
import secrets
import sys
import time
from collections.abc import Generator
from http import HTTPStatus
from pathlib import Path
from typing import Annotated, Any

import httpx
import typer

OK, THERE = "made", "there already"
COLUMNS: tuple[str, ...] = ("email", "password", "client_id", "client_secret", "result")


class Administrator(httpx.Auth):
    """Signs in as a person; again when the token has ended, so that an import may take hours."""

    requires_response_body = True

    def __init__(self, url: str, email: str, password: str) -> None:
        """Keep who it is."""
        basic = httpx.BasicAuth(email.encode(), password.encode())
        asked = httpx.Request("GET", f"{url}/api/v1/auth/jwt/token/basic")
        self._sign_in = next(basic.auth_flow(asked))
        self._token = ""

    def auth_flow(self, request: httpx.Request) -> Generator[httpx.Request, httpx.Response, None]:
        """Send the token, a fresh one where there is none or it is refused."""
        for _ in range(2):
            if not self._token:
                answer = yield self._sign_in
                if answer.status_code != HTTPStatus.OK:
                    sys.exit(f"sign-in refused: {answer.json()['detail']}")
                self._token = answer.json()["access_token"]
            request.headers["Authorization"] = f"Bearer {self._token}"
            answer = yield request
            if answer.status_code != HTTPStatus.UNAUTHORIZED:
                return
            self._token = ""


def post(http: httpx.Client, path: str, body: dict[str, Any]) -> httpx.Response:
    """Post, again while the service says that it is busy."""
    while True:
        answer = http.post(path, json=body)
        if answer.status_code != HTTPStatus.SERVICE_UNAVAILABLE:
            return answer
        time.sleep(min(float(answer.headers.get("Retry-After", "1")), 30.0))


def import_one(http: httpx.Client, row: dict[str, str]) -> dict[str, str]:
    """Make a user and app credentials; tells what was made, or why not."""
    email, given = row["email"], row.get("password") or ""
    password = given or secrets.token_urlsafe(18)
    added = post(http, "/api/v1/users", {"email": email, "password": password})
    if added.status_code == HTTPStatus.CONFLICT:
        return {"email": email, "result": THERE}
    if added.status_code != HTTPStatus.CREATED:
        return {"email": email, "result": why(added)}
    asked = {"owner_id": added.json()["id"], "name": row.get("credential") or ""}
    made = post(http, "/api/v1/clients", asked)
    shown = {"email": email, "password": "" if given else password}
    if made.status_code != HTTPStatus.CREATED:
        return {**shown, "result": f"the user alone: {why(made)}"}
    new = made.json()
    return {
        **shown,
        "client_id": new["client_id"],
        "client_secret": new["client_secret"],
        "result": OK,
    }


def why(answer: httpx.Response) -> str:
    """What the service says against it."""
    detail = answer.json()["detail"]
    return detail if isinstance(detail, str) else str(detail[0]["msg"])


def main(
    url: str,
    source: Annotated[Path, typer.Argument(exists=True, dir_okay=False)],
    output: Path,
    *,
    admin: Annotated[str, typer.Option(metavar="EMAIL", help="Who imports.")],
) -> None:
    """Import users and make app credentials for each.

    The administrator's password is asked for, or read from standard input.
    """
    with source.open(newline="", encoding="utf-8-sig") as opened:
        rows = list(csv.DictReader(opened))
    if not rows or not all(row.get("email") for row in rows):
        sys.exit(f"{source} needs a column `email`, filled in each row")
    at_terminal = sys.stdin.isatty()
    password = (
        str(typer.prompt("Password", hide_input=True)) if at_terminal else sys.stdin.readline()
    )
    results: list[str] = []
    private = os.open(output, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with (
        os.fdopen(private, "w", newline="", encoding="utf-8") as file,
        httpx.Client(
            base_url=url, auth=Administrator(url, admin, password.rstrip("\r\n")), timeout=60
        ) as http,
        typer.progressbar(rows, label="Importing", file=sys.stderr) as shown,
    ):
        made = csv.DictWriter(file, COLUMNS)
        made.writeheader()
        for row in shown:
            result = import_one(http, row)
            made.writerow(result)
            file.flush()
            results.append(result["result"])
    failed = len(results) - results.count(OK) - results.count(THERE)
    there = results.count(THERE)
    print(f"{results.count(OK)} made, {there} there already, {failed} refused: see {output}")
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    typer.run(main)
