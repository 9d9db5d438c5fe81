"""Verifying the audit chain ends when its time is over, and says how far it came."""

from pathlib import Path

import pytest

from tests.people import add_person
from tests.service import Service
from tokenhouse.manage import audit
from tokenhouse.opening import open_context
from tokenhouse.settings.loading import load


def test_verifying_ends_in_time(tmp_path: Path) -> None:
    with Service(tmp_path) as service:
        add_person(service, admin=True)
    context = open_context(load({"data_dir": service.data_dir}, environ={}).settings)
    with pytest.raises(audit.UnfinishedError) as over:
        audit.verify(context, seconds=0)
    assert over.value.seq == 0
    assert audit.verify(context, seconds=60) is None
    context.close()
