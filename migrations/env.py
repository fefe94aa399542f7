"""Alembic's entry: runs as ``lianshen_owner`` on the connection that ``lianshen migrate`` hands over."""

from alembic import context

from lianshen.tables import metadata

context.configure(
    connection=context.config.attributes["connection"], target_metadata=metadata, transaction_per_migration=True
)
with context.begin_transaction():
    context.run_migrations()
