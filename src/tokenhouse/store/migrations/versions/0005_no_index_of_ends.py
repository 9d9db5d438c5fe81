"""Recording a use for half the price: no index of when uses end.

Older programs go on without it; theirs are the longer walks when they forget old uses.
"""

from alembic import op

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    """Drop it."""
    op.drop_index("ix_used_once_ends_at", "used_once")
