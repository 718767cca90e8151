"""The owner of the database may be an ordinary role: it makes and thins its own tables, and is not
asked to rule the server.
"""

import secrets

import pytest
from django.core.management import call_command
from django.db import connection, transaction

from tests.core.test_roles import KINDS

# What belongs to this database's owner, and the command that gives it to another one.
_OWNED = """
    SELECT format('ALTER TABLE %s OWNER TO ', oid::regclass) FROM pg_class
    WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p', 'v')
    UNION ALL
    SELECT format('ALTER FUNCTION %s OWNER TO ', oid::regprocedure) FROM pg_proc
    WHERE pronamespace = 'public'::regnamespace AND probin IS NULL
"""
_FUNCTIONS = """
    SELECT pg_get_functiondef(oid) FROM pg_proc
    WHERE pronamespace = 'public'::regnamespace AND probin IS NULL
"""


@pytest.fixture
def owner(transactional_db):
    """Act as an owner who is no superuser, until the end of the test; nothing of it stays."""
    name = f"owner_{secrets.token_hex(6)}"
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(f"CREATE ROLE {name} NOSUPERUSER CREATEROLE")
        cursor.execute(f"ALTER SCHEMA public OWNER TO {name}")
        cursor.execute(_OWNED)
        for (command,) in cursor.fetchall():
            cursor.execute(command + name)
        cursor.execute(f"SET LOCAL ROLE {name}")
        yield name
        transaction.set_rollback(True)


def test_a_plain_owner_makes_every_function(owner):
    with connection.cursor() as cursor:
        cursor.execute(_FUNCTIONS)
        made = [definition for (definition,) in cursor.fetchall()]
        for definition in made:
            cursor.execute(definition)

    assert [statement for statement in made if "FUNCTION public.thin_counts(" in statement]


def test_a_plain_owner_makes_the_roles_and_thins_counts(owner, monkeypatch):
    for kind in KINDS:
        monkeypatch.setenv(f"POSTGRES_{kind.upper()}_PASSWORD", secrets.token_hex(12))

    call_command("grant_roles", prefix=owner)
    call_command("grant_roles", prefix=owner)

    with connection.cursor() as cursor:
        # The tables may have been made last month.
        cursor.execute("SELECT thin_counts(current_date - 100), make_count_months()")
        cursor.execute("SELECT thin_counts(current_date - 100), make_count_months()")
        assert cursor.fetchone() == (0, 0)
        cursor.execute(
            "SELECT has_table_privilege(%s, 'posts_post', 'INSERT')", [f"{owner}_worker"]
        )
        assert cursor.fetchone() == (True,)


def test_a_role_that_was_given_more_loses_it(transactional_db, monkeypatch):
    name = f"owner_{secrets.token_hex(6)}"
    for kind in KINDS:
        monkeypatch.setenv(f"POSTGRES_{kind.upper()}_PASSWORD", secrets.token_hex(12))
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(f"CREATE ROLE {name}_web CREATEDB CREATEROLE")
        call_command("grant_roles", prefix=name)
        cursor.execute(
            "SELECT rolcreatedb, rolcreaterole FROM pg_roles WHERE rolname = %s", [f"{name}_web"]
        )
        assert cursor.fetchone() == (False, False)
        transaction.set_rollback(True)
