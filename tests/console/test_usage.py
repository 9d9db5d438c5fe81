"""The charts of tokens issued: drawn by the server, without script, and told as a table too."""

import re
import time

from tests.conftest import MakePerson
from tests.console.conftest import Open
from tests.people import add_credential, client_token
from tests.service import Service

WITHIN = 15  # seconds, generously; the server writes down every 3
TABLE = re.compile(r"<summary>Last (24 hours|30 days) as a table.*?</table>", re.DOTALL)
ALL_THREE = r"</strong> 3 tokens</figcaption>"
ROW = re.compile(r"<tr><td>[^<]+</td><td>(\d+)</td></tr>")


def test_tokens_are_charted_and_told_as_tables(
    browse: Open, person: MakePerson, service: Service
) -> None:
    owner = person()
    app = add_credential(service, owner)
    browser, path = browse(owner), f"/credentials/{app.client_id}"
    assert "No token in the last 30 days" in browser.get(path).text
    for _ in range(3):
        client_token(service, app)
    until = time.monotonic() + WITHIN
    page = ""
    while time.monotonic() < until and len(re.findall(ALL_THREE, page)) < 2:  # of all workers
        time.sleep(0.2)
        page = browser.get(path).text
    assert page.count("<svg") == 2
    assert 1 <= page.count("<rect") <= 4  # the tokens may lie on both sides of a full hour
    assert len(re.findall(ALL_THREE, page)) == 2
    tables = [ROW.findall(one[0]) for one in TABLE.finditer(page)]
    assert [len(rows) for rows in tables] == [24, 30]
    assert [sum(map(int, rows[:2])) for rows in tables] == [3, 3]
