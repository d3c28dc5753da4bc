"""What the application's role may do: migrations name their tables here, and nothing is allowed by default."""

from __future__ import annotations

from alembic import op

APP_ROLE = "coalition_app"


def create_app_role() -> None:
    """The role the application acts as: it can log in nowhere by itself and owns nothing."""
    create_role(APP_ROLE)
    op.execute(f"""
        DO $$ BEGIN
            IF NOT pg_has_role(current_user, '{APP_ROLE}', 'MEMBER') THEN
                EXECUTE 'GRANT {APP_ROLE} TO ' || quote_ident(current_user);
            END IF;
        END $$""")
    op.execute(f"GRANT USAGE ON SCHEMA public TO {APP_ROLE}")


def create_role(name: str) -> None:
    """A role that logs in nowhere, unless there is one: an owner that may create none finds it made by a superuser."""
    op.execute(f"""
        DO $$ BEGIN
            IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = '{name}') THEN
                CREATE ROLE {name} NOLOGIN;
            END IF;
        EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL;
        END $$""")


def grant_app(*tables: str) -> None:
    """The application may read, add, change and remove rows of these tables."""
    _grant("SELECT, INSERT, UPDATE, DELETE", tables)


def grant_append_only(*tables: str) -> None:
    """The application may read and add rows of these tables, never change or remove one."""
    _grant("SELECT, INSERT", tables)


def grant_read(*views: str) -> None:
    """The application may read these tables or views."""
    _grant("SELECT", views)


def grant_sequences(*sequences: str) -> None:
    """The application may draw numbers from these sequences."""
    op.execute(f"GRANT USAGE, SELECT ON SEQUENCE {', '.join(sequences)} TO {APP_ROLE}")


def _grant(rights: str, names: tuple[str, ...]) -> None:
    op.execute(f"GRANT {rights} ON {', '.join(names)} TO {APP_ROLE}")
    op.execute(f"GRANT USAGE ON ALL SEQUENCES IN SCHEMA public TO {APP_ROLE}")
