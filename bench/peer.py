"""An installation for the runs beside other services: one credential of a given id and secret.

    CLIENT_ID=... CLIENT_SECRET=... python -m bench.peer --data-dir DIR

What `bench/peers.toml` calls; `CLIENT_ID` is a UUID, `CLIENT_SECRET` one that was made here.
"""

import os
import sys

from bench import seed
from tokenhouse.crypto.secrets import make_password
from tokenhouse.manage.users import hashed_password
from tokenhouse.opening import open_context


def main() -> None:
    """Make it."""
    context = open_context(seed.settings_of(sys.argv[1:]), create=True)
    user = seed.user_row(0, hashed_password(context, make_password()))
    pair = os.environ["CLIENT_ID"], os.environ["CLIENT_SECRET"]
    context.database.write_now(lambda connection: seed.add_users(connection, [user]))
    context.database.write_now(
        lambda connection: seed.add(connection, context, [(0, user["id"])], [pair])
    )
    context.close()


if __name__ == "__main__":
    main()
