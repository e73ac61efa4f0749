"""The audit log's checkpoints, cuts and their keys, its sinks, and for whom somebody acts."""

import sqlalchemy as sa

from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column(
        "audit_entries", sa.Column("behalf", sa.String(), nullable=False, server_default="")
    )
    op.create_table(
        "audit_seals",
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("chain", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("line", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("number"),
    )
    op.create_index("audit_seals_of_chain", "audit_seals", ["chain", "kind", "seq"])
    op.create_table(
        "audit_keys",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.Column("retired", sa.Boolean(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_table(
        "audit_positions",
        sa.Column("sink", sa.String(), nullable=False),
        sa.Column("feed", sa.String(), nullable=False),
        sa.Column("upto", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("sink", "feed"),
    )
    op.create_table(
        "audit_failures",
        sa.Column("sink", sa.String(), nullable=False),
        sa.Column("since", sa.DateTime(timezone=True), nullable=False),
        sa.Column("failure", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("sink"),
    )


def downgrade() -> None:
    op.drop_table("audit_failures")
    op.drop_table("audit_positions")
    op.drop_table("audit_keys")
    op.drop_table("audit_seals")
    op.drop_column("audit_entries", "behalf")
