"""How PostgreSQL is connected to: every wait is bounded, and no state is left in a session.

The trap: a server that is gone without a word (a cut cable, a stopped machine) never answers,
and no setting of the server helps; so each round trip is bounded on this side too.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

import psycopg
from sqlalchemy import Connection, Engine, create_engine, event, text
from sqlalchemy.engine import make_url

if TYPE_CHECKING:
    from psycopg.abc import PQGen

RV = TypeVar("RV")
CONNECT_SECONDS = 2  # the least that libpq takes; who asks is answered within `database.PATIENCE`
STATEMENT_SECONDS = 2
POOL_SECONDS = 1
_LOCK = 0x746F6B656E  # "token": the advisory lock of whoever changes the schema
_LOCK_WAIT = "10s"  # who waits longer for a table would hold up all requests behind it
_LOST = "the server did not answer in time"
# For a batch, which looks a few keys up. By itself the planner reads whole tables while they are
# small or were never analyzed, and plans anew for each number of keys: 0.46 ms for 16, not 0.18.
_BY_INDEX = """
    SET plan_cache_mode = force_generic_plan;
    SET enable_seqscan = off; SET enable_hashjoin = off; SET enable_mergejoin = off
"""


class Bounded(psycopg.Connection[Any]):
    """A connection on which nothing waits longer than a statement may take, and a bit."""

    patience: float | None = STATEMENT_SECONDS + 0.5
    given_up: bool = False

    def wait(self, gen: PQGen[RV], interval: float = 0.1, timeout: float | None = None) -> RV:
        """Wait for one round trip; when it does not end in time the connection is given up."""
        try:
            return super().wait(gen, interval, timeout or self.patience)
        except psycopg.OperationalError:
            if self.pgconn.transaction_status == psycopg.pq.TransactionStatus.ACTIVE:
                self.given_up = True
                self.pgconn.finish()
                raise psycopg.OperationalError(_LOST) from None
            raise


def make_engine(url: str, *, connections: int, pooler: bool) -> Engine:
    """Make the engine.

    Args:
        url: `postgresql://user@host:5432/db`; libpq's parameters may follow.
        connections: at most so many.
        pooler: a transaction-mode pooler stands before the server: neither options at the
            start of a session nor prepared statements.

    """
    engine = create_engine(
        make_url(url).set(drivername="postgresql+psycopg"),
        pool_size=connections,
        hide_parameters=True,  # an error that is logged shows none
        max_overflow=0,
        pool_timeout=POOL_SECONDS,
        isolation_level="READ COMMITTED",
        use_native_hstore=False,  # or each start asks for a type that is not used
        connect_args={"connect_timeout": CONNECT_SECONDS, "application_name": "tokenhouse"},
    )

    @event.listens_for(engine, "do_connect")
    def _connect(_dialect: object, _record: object, _args: object, given: dict[str, Any]) -> Any:  # noqa: ANN401 - because SQLAlchemy takes any driver's connection
        if pooler:
            return Bounded.connect(**given, prepare_threshold=None)
        timeout = f"-c statement_timeout={STATEMENT_SECONDS * 1000}"
        return Bounded.connect(**given, options=f"{given.get('options', '')} {timeout}".strip())

    return engine


def hold(driver: Bounded, patience: float) -> None:
    """Prepare a new connection that is held for batches.

    Args:
        driver: the connection.
        patience: seconds that a round trip may take.

    """
    driver.autocommit, driver.patience = True, patience
    if driver.prepare_threshold is not None:  # else a pooler would give what is set to others
        driver.execute(_BY_INDEX)


def be_alone(connection: Connection) -> None:
    """Take the lock of whoever changes the schema or all rows, and lift the bounds on time.

    All of it ends with the transaction, but for this connection's patience; it is closed with
    the process or the pool, and what is waited for then is bounded by the server.
    """
    driver: Any = connection.connection.driver_connection
    driver.patience = None
    connection.execute(text("SELECT set_config('statement_timeout', '0', true)"))
    connection.execute(text("SELECT set_config('lock_timeout', :t, true)"), {"t": _LOCK_WAIT})
    connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _LOCK})
