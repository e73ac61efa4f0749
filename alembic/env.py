"""Run by Alembic with the connection that `adapters/db/migrations.py` opened."""

from alembic import context
from inspector_app.adapters.db.tables import SQLModel

connection = context.config.attributes["connection"]
context.configure(
    connection=connection,
    target_metadata=SQLModel.metadata,
    # The caller's transaction spans all migrations: they come whole or not at all.
    transactional_ddl=False,
    render_as_batch=connection.dialect.name == "sqlite",
)
context.run_migrations()
