"""What the processes listen on, shared: one that begins must not let the others hang."""

import os
from pathlib import Path

from tests.service import HOST, free_port
from tokenhouse.server.sockets import bind
from tokenhouse.settings import Settings


def test_worker_that_begins_leaves_the_others_as_they_serve(tmp_path: Path) -> None:
    address = f"{HOST}:{free_port()}"
    settings = {"data_dir": tmp_path, "port": free_port(), "workers": 3, "metrics_address": address}
    sockets = bind(Settings.model_validate(settings))
    try:
        for place in range(3):
            its = sockets.listening(place, 3)
            assert len(its) > 1
            assert not any(os.get_blocking(one.fileno()) for one in its)
            for one in its[1:]:
                one.close()
    finally:
        sockets.close()
