"""`serve` on a folder without users, at a terminal: who is the first administrator?"""

import re

import httpx

from tests.cli.damage import DATABASE, KEY
from tests.cli.process import END, LISTENS, SECONDS, at_once, converse
from tests.people import BASIC
from tests.service import Service

EMAIL, PASSWORD = "o'hara@example.com", "correct horse battery"
QUESTION, ADDRESS = "first administrator?", "E-mail address: "
MAKE_UP, AGAIN = "Password (Enter: one is made up): ", "The same again: "
ALL_SAID = "Documentation: "


def serve(service: Service, *args: str) -> tuple[str, ...]:
    """The command that serves a folder."""
    return ("serve", "--data-dir", str(service.data_dir), "--port", str(service.port), *args)


def signs_in(service: Service, password: str) -> bool:
    """Whether e-mail address and password are somebody's at the server."""
    url = f"{service.url}{BASIC}"
    answer = httpx.get(url, auth=(EMAIL, password), timeout=SECONDS, trust_env=False)
    return answer.status_code == 200


def test_bad_answers_are_told_and_asked_for_again_and_nothing_typed_is_shown(
    empty: Service,
) -> None:
    answered: list[bool] = []
    status, seen = converse(
        empty.home,
        *serve(empty),
        answers=[
            (ADDRESS, "nobody"),
            (f"can be used.\r\n{ADDRESS}", EMAIL),
            (MAKE_UP, "short"),
            (f"at least 12 characters.\r\n{MAKE_UP}", PASSWORD),
            (AGAIN, f"{PASSWORD} staple"),
            (f"The two differ.\r\n{MAKE_UP}", PASSWORD),
            (AGAIN, PASSWORD),
        ],
        until=ALL_SAID,
        meanwhile=lambda: answered.append(signs_in(empty, PASSWORD)),
    )
    assert (status, answered) == (0, [True])
    assert (PASSWORD in seen, "short\r\n" in seen) == (False, False)
    shown = at_once(empty, "user", "show", EMAIL)
    assert "admin" in shown.stdout


def test_a_made_up_password_is_shown_once(empty: Service) -> None:
    status, seen = converse(
        empty.home, *serve(empty), answers=[(ADDRESS, EMAIL), (MAKE_UP, "")], until=ALL_SAID
    )
    found = re.search(r"password  (\S{20,})\r\n", seen)
    assert found is not None, seen
    answered: list[bool] = []
    status, again = converse(
        empty.home,
        *serve(empty),
        answers=[],
        until=ALL_SAID,
        meanwhile=lambda: answered.append(signs_in(empty, found[1])),
    )
    assert (status, answered) == (0, [True])
    assert (QUESTION in again, found[1] in again) == (False, False)


def test_without_an_answer_it_serves_and_says_how_to_add_one(empty: Service) -> None:
    _, seen = converse(empty.home, *serve(empty), answers=[(ADDRESS, "")], until=" --admin")
    assert seen.count(QUESTION) == 1
    assert f"{LISTENS}{empty.url}\r\nThere is no user yet. Add one:" in seen


def test_with_the_flag_nobody_is_asked(empty: Service) -> None:
    flag = ("--first-user", EMAIL)
    _, seen = converse(empty.home, *serve(empty, *flag), answers=[], until=ALL_SAID)
    assert (QUESTION in seen, EMAIL in seen) == (False, True)


def test_who_breaks_off_leaves_a_whole_installation_without_users(empty: Service) -> None:
    for answers in (
        [(ADDRESS, None)],
        [(ADDRESS, EMAIL), (MAKE_UP, END)],
        [(ADDRESS, EMAIL), (MAKE_UP, PASSWORD), (AGAIN, None)],
    ):
        status, seen = converse(empty.home, *serve(empty), answers=answers)
        assert (status, "Traceback" in seen, LISTENS in seen) == (1, False, False), seen
        assert {path.name for path in empty.data_dir.iterdir()} == {DATABASE, KEY}
        assert at_once(empty, "user", "list").stdout.startswith("There is no user yet.")
