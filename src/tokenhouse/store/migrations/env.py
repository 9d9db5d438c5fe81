"""Alembic's entry point: run the migrations on the connection that is handed over."""

from alembic import context

from tokenhouse.store.schema import metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,  # for how constraints are named
    render_as_batch=True,
)
context.run_migrations()
