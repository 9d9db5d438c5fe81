"""How many tokens each client gets: a table beside the others, unknown to older programs."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """Make the table."""
    op.create_table(
        "token_counts",
        sa.Column("client_id", sa.String(36), primary_key=True),
        sa.Column("span", sa.Integer, primary_key=True),
        sa.Column("begins_at", sa.BigInteger, primary_key=True),
        sa.Column("tokens", sa.BigInteger, nullable=False),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_token_counts_begins_at", "token_counts", ["span", "begins_at"])
