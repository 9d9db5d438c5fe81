"""A service of its own for what is off by default."""

from collections.abc import Iterator

import httpx
import pytest
import trustme

from tests.api.desk import KEYS, TOKEN, Desk
from tests.conftest import WITHOUT_THROTTLE, NewDatabase
from tests.documents.spec import Spec
from tests.mailbox import Mailbox
from tests.service import Service


@pytest.fixture(scope="session")
def desk(
    tmp_path_factory: pytest.TempPathFactory, new_database: NewDatabase, workers: int
) -> Iterator[Desk]:
    """One for all tests of leaks."""
    home, authority = tmp_path_factory.mktemp("desk"), trustme.CA()
    authority.cert_pem.write_to_path(str(home / "authority.pem"))
    keys = home / "keys.json"
    keys.write_text(KEYS)
    mailbox = Mailbox(authority)
    settings = {
        **WITHOUT_THROTTLE,
        **mailbox.settings,
        "leak_report_token": TOKEN,
        "leak_report_keys_file": str(keys),
    }
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SSL_CERT_FILE", str(home / "authority.pem"))
        service = Service(home, workers, settings, new_database()).start()
    with httpx.Client(base_url=service.url, trust_env=False, timeout=30) as http:
        spec = Spec(http.get("/openapi.json").json())
        yield Desk(service, http, mailbox, authority, keys, spec)
    service.close()
    mailbox.close()
