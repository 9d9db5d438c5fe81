"""Finding a reported secret by its end, and messages that wait to be sent.

An index and a table beside the others, unknown to older programs.
"""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"

_UUID = sa.String(36)


def upgrade() -> None:
    """Make them."""
    op.create_index("ix_client_secrets_hint", "client_secrets", ["hint"])
    op.create_table(
        "deliveries",
        sa.Column("id", _UUID, primary_key=True),
        sa.Column("webhook_id", _UUID),
        sa.Column("user_id", _UUID),
        sa.Column("type", sa.String(64), nullable=False),
        sa.Column("body", sa.Text, nullable=False),
        sa.Column("created_at", sa.Double, nullable=False),
        sa.Column("attempts", sa.Integer, nullable=False),
        sa.Column("next_at", sa.Double),
        sa.Column("error", sa.String(200), nullable=False),
    )
    op.create_index("ix_deliveries_next_at", "deliveries", ["next_at"])
    op.create_index("ix_deliveries_created_at", "deliveries", ["created_at"])
