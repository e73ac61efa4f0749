"""One-time passwords that end, sessions whose token is renewed, bulk work of service tokens."""

from datetime import UTC, datetime, timedelta

import sqlalchemy as sa

from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("people", sa.Column("one_time_until", sa.DateTime(timezone=True), nullable=True))
    # When those in use were made, nobody wrote down: they go on for as long as a new one.
    people = sa.table(
        "people",
        sa.column("must_change_password", sa.Boolean),
        sa.column("one_time_until", sa.DateTime(timezone=True)),
    )
    op.execute(
        people.update()
        .where(people.c.must_change_password)
        .values(one_time_until=datetime.now(UTC) + timedelta(hours=24))
    )
    with op.batch_alter_table("sessions") as table:
        table.add_column(
            sa.Column("renew_due", sa.Boolean(), nullable=False, server_default=sa.false())
        )
        table.add_column(
            sa.Column("previous_hash", sa.String(), nullable=False, server_default="")
        )
        table.create_index("ix_sessions_previous_hash", ["previous_hash"])
    _let_operations_be_of_no_person(nullable=True)


def downgrade() -> None:
    op.execute(
        "DELETE FROM operation_items"
        " WHERE operation IN (SELECT id FROM operations WHERE person IS NULL)"
    )
    op.execute("DELETE FROM operations WHERE person IS NULL")
    _let_operations_be_of_no_person(nullable=False)
    with op.batch_alter_table("sessions") as table:
        table.drop_index("ix_sessions_previous_hash")
        table.drop_column("previous_hash")
        table.drop_column("renew_due")
    op.drop_column("people", "one_time_until")


def _let_operations_be_of_no_person(*, nullable: bool) -> None:
    # SQLite makes the table anew, and drops no table that rows of another one point to.
    aside = op.get_bind().dialect.name == "sqlite"
    if aside:
        op.execute("CREATE TEMPORARY TABLE items_aside AS SELECT * FROM operation_items")
        op.execute("DELETE FROM operation_items")
    with op.batch_alter_table("operations") as table:
        table.alter_column("person", existing_type=sa.Uuid(), nullable=nullable)
    if aside:
        op.execute("INSERT INTO operation_items SELECT * FROM items_aside")
        op.execute("DROP TABLE items_aside")
