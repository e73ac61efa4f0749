"""Jobs with their leases, and the intents whose outcome is still to come."""

import sqlalchemy as sa

from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "jobs",
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("holder", sa.String(), nullable=False),
        sa.Column("epoch", sa.Integer(), nullable=False),
        sa.Column("until", sa.DateTime(timezone=True), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("took_seconds", sa.Float(), nullable=True),
        sa.Column("lag_seconds", sa.Float(), nullable=False),
        sa.Column("missed", sa.Integer(), nullable=False),
        sa.Column("failure", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("name"),
    )
    op.create_table(
        "open_intents",
        sa.Column("chain", sa.String(), nullable=False),
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("chain", "seq"),
    )
    op.execute(
        "INSERT INTO open_intents (chain, seq, at) "
        "SELECT chain, seq, at FROM audit_entries AS entry WHERE outcome = 'intent' "
        "AND NOT EXISTS (SELECT 1 FROM audit_entries AS closing "
        "WHERE closing.chain = entry.chain AND closing.intent = entry.seq)"
    )


def downgrade() -> None:
    op.drop_table("open_intents")
    op.drop_table("jobs")
