"""Sign-in providers, who came by them, roles by mapping, and what is taken once."""

import sqlalchemy as sa

from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "providers",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("tenant", sa.Uuid(), nullable=True),
        sa.Column("slug", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("settings", sa.String(), nullable=False),
        sa.Column("secrets", sa.LargeBinary(), nullable=True),
        sa.Column("has", sa.String(), nullable=False),
        sa.Column("mapping", sa.String(), nullable=False),
        sa.Column("enabled", sa.Boolean(), nullable=False),
        sa.Column("link_by_email", sa.Boolean(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["tenant"], ["tenants.id"]),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("key"),
    )
    op.create_table(
        "identities",
        sa.Column("provider", sa.Uuid(), nullable=False),
        sa.Column("realm", sa.String(), nullable=False),
        sa.Column("subject", sa.String(), nullable=False),
        sa.Column("person", sa.Uuid(), nullable=False),
        sa.Column("username", sa.String(), nullable=False),
        sa.Column("email", sa.String(), nullable=False),
        sa.Column("email_verified", sa.Boolean(), nullable=False),
        sa.Column("signed_in_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["person"], ["people.id"]),
        sa.PrimaryKeyConstraint("provider", "realm", "subject"),
    )
    op.create_index("ix_identities_person", "identities", ["person"])
    op.create_index("ix_identities_email", "identities", ["email"])
    op.create_table(
        "mapped_roles",
        sa.Column("person", sa.Uuid(), nullable=False),
        sa.Column("tenant", sa.Uuid(), nullable=False),
        sa.Column("provider", sa.Uuid(), nullable=False),
        sa.Column("role", sa.String(), nullable=False),
        sa.Column("group_name", sa.String(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["person"], ["people.id"]),
        sa.ForeignKeyConstraint(["tenant"], ["tenants.id"]),
        sa.PrimaryKeyConstraint("person", "tenant", "provider"),
    )
    op.create_index("ix_mapped_roles_provider", "mapped_roles", ["provider"])
    op.create_table(
        "taken_messages",
        sa.Column("provider", sa.Uuid(), nullable=False),
        sa.Column("message_hash", sa.String(), nullable=False),
        sa.Column("until", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("provider", "message_hash"),
    )
    op.create_index("ix_taken_messages_until", "taken_messages", ["until"])
    op.create_table(
        "arrivals",
        sa.Column("handle_hash", sa.String(), nullable=False),
        sa.Column("provider", sa.Uuid(), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.Column("until", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("handle_hash"),
    )
    op.create_index("ix_arrivals_until", "arrivals", ["until"])
    # What everybody has so far was given by hand.
    op.add_column("memberships", sa.Column("by_hand", sa.String(), nullable=True))
    op.execute("UPDATE memberships SET by_hand = role")
    with op.batch_alter_table("sessions") as table:
        for name in ("subject", "provider_session"):
            table.add_column(sa.Column(name, sa.String(), nullable=False, server_default=""))
        table.add_column(sa.Column("hint", sa.LargeBinary(), nullable=True))
        table.add_column(sa.Column("within", sa.Uuid(), nullable=True))
        table.create_index("sessions_of_subject", ["provider", "subject"])
        table.create_index("sessions_of_session", ["provider", "provider_session"])


def downgrade() -> None:
    # A session that opened one tenant alone would open all of its person's.
    op.execute("DELETE FROM sessions WHERE provider <> 'local'")
    with op.batch_alter_table("sessions") as table:
        table.drop_index("sessions_of_session")
        table.drop_index("sessions_of_subject")
        for name in ("within", "hint", "provider_session", "subject"):
            table.drop_column(name)
    op.drop_column("memberships", "by_hand")
    for name in ("arrivals", "taken_messages", "mapped_roles", "identities", "providers"):
        op.drop_table(name)
