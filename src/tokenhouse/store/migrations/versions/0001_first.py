"""The first schema: users, clients and their secrets, signing keys, uses.

Users and clients lie in the tree of their key, on SQLite, so that a look-up goes down one tree
rather than two. Those of a database made before 28 November 2026 have a rowid, which changes
nothing but the speed.
"""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None

_UUID = sa.String(36)


def upgrade() -> None:
    """Make the tables."""
    op.create_table(
        "installation",
        sa.Column("id", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("sealed_check", sa.LargeBinary, nullable=False),
        sa.Column("compatible_from", sa.String(32), nullable=False),
        sa.Column("created_at", sa.Double, nullable=False),
        sa.Column("uses_purged_until", sa.Double, nullable=False),
    )
    op.create_table(
        "users",
        sa.Column("id", _UUID, primary_key=True),
        sa.Column("email", sa.String(320), nullable=False),
        sa.Column("email_key", sa.String(320), nullable=False, unique=True),
        sa.Column("password_hash", sa.Text, nullable=False),
        sa.Column("is_active", sa.Boolean, nullable=False),
        sa.Column("is_superuser", sa.Boolean, nullable=False),
        sa.Column("is_verified", sa.Boolean, nullable=False),
        sa.Column("generation", sa.Integer, nullable=False),
        sa.Column("created_at", sa.Double, nullable=False),
        sa.Column("tokens_ended_at", sa.Double),
        sa.Column("all_tokens_ended_at", sa.Double),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_users_tokens_ended_at", "users", ["tokens_ended_at"])
    op.create_table(
        "clients",
        sa.Column("client_id", _UUID, primary_key=True),
        sa.Column("user_id", _UUID, sa.ForeignKey("users.id"), nullable=False),
        sa.Column("name", sa.String(200), nullable=False),
        sa.Column("description", sa.Text, nullable=False),
        sa.Column("created_at", sa.Double, nullable=False),
        sa.Column("expires_at", sa.Double),
        sa.Column("disabled", sa.Boolean, nullable=False),
        sa.Column("deleted_at", sa.Double),
        sa.Column("auth_methods", sa.Text),
        sa.Column("parent_id", _UUID, sa.ForeignKey("clients.client_id")),
        sa.Column("may_introspect", sa.Boolean, nullable=False),
        sa.Column("generation", sa.Integer, nullable=False),
        sa.Column("created_by", sa.String(64), nullable=False),
        sa.Column("tokens_ended_at", sa.Double),
        sa.Column("scopes", sa.Text),
        sa.Column("jwks", sa.Text),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_clients_tokens_ended_at", "clients", ["tokens_ended_at"])
    op.create_index("ix_clients_expires_at", "clients", ["expires_at"])
    op.create_index("ix_clients_owner", "clients", ["user_id", "created_at", "client_id"])
    op.create_index("ix_clients_parent", "clients", ["parent_id"])
    op.create_table(
        "client_secrets",
        sa.Column("secret_id", _UUID, primary_key=True),
        sa.Column("client_id", _UUID, sa.ForeignKey("clients.client_id"), nullable=False),
        sa.Column("sealed", sa.LargeBinary, nullable=False),
        sa.Column("label", sa.String(200), nullable=False),
        sa.Column("hint", sa.String(8), nullable=False),
        sa.Column("created_at", sa.Double, nullable=False),
        sa.Column("expires_at", sa.Double),
    )
    op.create_index("ix_client_secrets_client_id", "client_secrets", ["client_id"])
    op.create_index("ix_client_secrets_expires_at", "client_secrets", ["expires_at"])
    op.create_table(
        "last_used",
        sa.Column("client_id", _UUID, primary_key=True),
        sa.Column("secret_id", _UUID, primary_key=True),
        sa.Column("used_at", sa.Double, nullable=False),
        sa.Column("source", sa.String(64), nullable=False),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "signing_keys",
        sa.Column("kid", sa.String(64), primary_key=True),
        sa.Column("number", sa.Integer, nullable=False),
        sa.Column("alg", sa.String(16), nullable=False),
        sa.Column("sealed", sa.LargeBinary, nullable=False),
        sa.Column("created_at", sa.Double, nullable=False),
        sa.Column("signs_from", sa.Double, nullable=False),
        sa.UniqueConstraint("number", name="uq_signing_keys_number"),
    )
    op.create_table(
        "leases",
        sa.Column("name", sa.String(32), primary_key=True),
        sa.Column("holder", _UUID, nullable=False),
        sa.Column("ends_at", sa.Double, nullable=False),
    )
    op.create_table(
        "used_once",
        sa.Column("digest", sa.LargeBinary, primary_key=True),
        sa.Column("ends_at", sa.Double, nullable=False),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_used_once_ends_at", "used_once", ["ends_at"])
    op.create_table(
        "revoked_tokens",
        sa.Column("jti", sa.String(256), primary_key=True),
        sa.Column("client_id", _UUID, nullable=False),
        sa.Column("user_id", _UUID, nullable=False),
        sa.Column("ends_at", sa.Double, nullable=False),
        sa.Column("revoked_at", sa.Double, nullable=False),
    )
    op.create_index("ix_revoked_tokens_ends_at", "revoked_tokens", ["ends_at"])
    op.create_table(
        "scopes",
        sa.Column("name", sa.String(128), primary_key=True),
        sa.Column("description", sa.Text, nullable=False),
        sa.Column("created_at", sa.Double, nullable=False),
    )
    op.create_table(
        "failures",
        sa.Column("key", sa.String(32), primary_key=True),
        sa.Column("times", sa.LargeBinary, nullable=False),
        sa.Column("waits", sa.Integer, nullable=False),
        sa.Column("wait_until", sa.Double, nullable=False),
        sa.Column("ends_at", sa.Double, nullable=False),
        sa.Column("client_id", _UUID),
    )
    op.create_index("ix_failures_ends_at", "failures", ["ends_at"])
    op.create_index("ix_failures_client_id", "failures", ["client_id"])
    op.create_table(
        "audit_events",
        sa.Column("seq", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("at", sa.Double, nullable=False),
        sa.Column("actor", sa.String(64), nullable=False),
        sa.Column("action", sa.String(64), nullable=False),
        sa.Column("target", sa.String(200), nullable=False),
        sa.Column("outcome", sa.String(16), nullable=False),
        sa.Column("source", sa.String(64), nullable=False),
        sa.Column("request_id", sa.String(64), nullable=False),
        sa.Column("user_id", _UUID),
        sa.Column("details", sa.Text, nullable=False),
        sa.Column("mac", sa.LargeBinary, nullable=False),
    )
    op.create_index("ix_audit_events_user_id", "audit_events", ["user_id", "seq"])
    op.create_index("ix_audit_events_action", "audit_events", ["action", "seq"])
    op.create_table(
        "audit_head",
        sa.Column("id", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("seq", sa.BigInteger, nullable=False),
        sa.Column("mac", sa.LargeBinary, nullable=False),
        sa.Column("first_seq", sa.BigInteger, nullable=False),
        sa.Column("mac_before", sa.LargeBinary, nullable=False),
        sa.Column("seal", sa.LargeBinary, nullable=False),
        sa.Column("sealed_key", sa.LargeBinary, nullable=False),
    )
    op.create_table(
        "sessions",
        sa.Column("id", sa.String(64), primary_key=True),
        sa.Column("user_id", _UUID, sa.ForeignKey("users.id"), nullable=False),
        sa.Column("generation", sa.Integer, nullable=False),
        sa.Column("created_at", sa.Double, nullable=False),
        sa.Column("seen_at", sa.Double, nullable=False),
        sa.Column("ends_at", sa.Double, nullable=False),
        sa.Column("source", sa.String(64), nullable=False),
        sa.Column("agent", sa.String(200), nullable=False),
    )
    op.create_index("ix_sessions_user_id", "sessions", ["user_id"])
    op.create_index("ix_sessions_ends_at", "sessions", ["ends_at"])
