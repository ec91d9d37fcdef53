#!/usr/bin/env python3
"""`npx prisma migrate status|deploy|resolve`, as far as an operator sees it.

The SQL of the folder `migrations` is applied in the order of its names, each in a transaction of
its own, and kept track of in `_prisma_migrations`, in Prisma's words and with its exit codes. An
advisory lock keeps two runs from each other. An image without the folder has no Prisma.
"""

import hashlib
import os
import sys
import uuid
from collections.abc import Sequence
from pathlib import Path
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

FOLDER = Path("/app/prisma/migrations")
TAG_FILE = Path("/app/tag")
FIRST = ("20260101000000_init", "20260115000000_heartbeat")
OF_VERSION = {
    "migration-good": (*FIRST, "20260301000000_meal_notes"),
    "migration-bad": (*FIRST, "20260301000000_meal_notes", "20260302000000_broken"),
}
OF_PRISMA = ("connection_limit", "pool_timeout", "pgbouncer", "schema", "connect_timeout")
VARIABLES = ("DATABASE_URL", "DIRECT_URL")  # both are in the schema
LOCK = 72707369
LOCK_SECONDS = 10


def connect() -> "psycopg.Connection":  # noqa: F821 - the driver is for those who need it
    """The database of DIRECT_URL; ends the program where it does not answer."""
    import psycopg  # noqa: PLC0415 - as above

    parts = urlsplit(os.environ["DIRECT_URL"])
    kept = [(key, value) for key, value in parse_qsl(parts.query) if key not in OF_PRISMA]
    print(f'Datasource "db": PostgreSQL database "{parts.path[1:]}" at "{place()}"\n')
    try:
        url = urlunsplit(parts._replace(query=urlencode(kept)))
        return psycopg.connect(url, connect_timeout=5, autocommit=True)
    except psycopg.Error as error:
        print(f"Error: P1001\n\nCan't reach database server at `{place()}`\n\n{error}")
        sys.exit(1)


def place() -> str:
    """Where the database is."""
    parts = urlsplit(os.environ["DIRECT_URL"])
    return f"{parts.hostname}:{parts.port}"


def lock(database: "psycopg.Connection") -> None:  # noqa: F821
    """Take Prisma's advisory lock; ends the program where another holds it for too long."""
    import psycopg  # noqa: PLC0415 - as above

    if os.environ.get("PRISMA_SCHEMA_DISABLE_ADVISORY_LOCK"):
        return
    database.execute(f"SET lock_timeout = '{LOCK_SECONDS}s'")
    try:
        database.execute("SELECT pg_advisory_lock(%s)", (LOCK,))
    except psycopg.errors.LockNotAvailable:
        print(
            f"Error: P1002\n\nThe database server at `{place()}` was reached but timed out.\n\n"
            "Please try again.\n\nPlease make sure your database server is running at"
            f" `{place()}`.\n\nContext: Timed out trying to acquire a postgres advisory lock"
            f" (SELECT pg_advisory_lock({LOCK})). Elapsed: {LOCK_SECONDS * 1000}ms. See"
            " https://pris.ly/d/migrate-advisory-locking for details."
        )
        sys.exit(1)
    database.execute("SET lock_timeout = 0")


def rows(database: "psycopg.Connection") -> dict[str, bool]:  # noqa: F821
    """What the database has had: whether it was finished, by name."""
    found = database.execute(
        "SELECT migration_name, finished_at IS NOT NULL FROM _prisma_migrations"
        " WHERE rolled_back_at IS NULL ORDER BY started_at"
    )
    return dict(found.fetchall())


def listed(names: Sequence[str]) -> str:
    """Names a line each."""
    return "\n".join(names)


def status(known: Sequence[str]) -> int:
    """What is pending, has failed, or is not known here."""
    had = rows(connect())
    print(f"{len(known)} migrations found in prisma/migrations")
    failed = [name for name, finished in had.items() if not finished]
    pending = [name for name in known if name not in had]
    strange = [name for name in had if name not in known]
    if strange:
        print("Your local migration history and the migrations table from your database differ:\n")
        if pending:
            print(f"The migration have not yet been applied:\n{listed(pending)}\n")
        print("The migrations from the database are not found locally in prisma/migrations:")
        print(listed(strange))
    elif failed:
        print(f"Following migration have failed:\n{listed(failed)}\n")
    elif pending:
        print(f"Following migration have not yet been applied:\n{listed(pending)}\n")
        print("To apply migrations in production run prisma migrate deploy.")
    else:
        print("\nDatabase schema is up to date!")
    return int(bool(failed or pending or strange))


def deploy(known: Sequence[str]) -> int:
    """Apply what is pending, up to the first that fails."""
    database = connect()
    lock(database)
    had = rows(database)
    print(f"{len(known)} migrations found in prisma/migrations\n")
    failed = [name for name, finished in had.items() if not finished]
    if failed:
        print(
            "Error: P3009\n\nmigrate found failed migrations in the target database, new migrations"
            f" will not be applied.\nThe `{failed[0]}` migration failed"
        )
        return 1
    pending = [name for name in known if name not in had]
    for name in pending:
        print(f"Applying migration `{name}`", flush=True)
        if not apply(database, name):
            return 1
    print(
        "\nAll migrations have been successfully applied."
        if pending
        else "\nNo pending migrations to apply."
    )
    return 0


def apply(database: "psycopg.Connection", name: str) -> bool:  # noqa: F821
    """Apply one, and note how it went."""
    import psycopg  # noqa: PLC0415 - as above

    text = (FOLDER / f"{name}.sql").read_text(encoding="utf-8")
    number = str(uuid.uuid4())
    database.execute(
        "INSERT INTO _prisma_migrations (id, checksum, migration_name) VALUES (%s, %s, %s)",
        (number, hashlib.sha256(text.encode()).hexdigest(), name),
    )
    try:
        with database.transaction():
            database.execute(text)
    except psycopg.Error as error:
        database.execute(
            "UPDATE _prisma_migrations SET logs = %s WHERE id = %s", (str(error), number)
        )
        print(
            "Error: P3018\n\nA migration failed to apply. New migrations cannot be applied before"
            f" the error is recovered from.\n\nMigration name: {name}\n\n"
            f"Database error:\nERROR: {error}"
        )
        return False
    database.execute(
        "UPDATE _prisma_migrations SET finished_at = now(), applied_steps_count = 1 WHERE id = %s",
        (number,),
    )
    return True


def resolve(name: str) -> int:
    """Mark a failed one as rolled back."""
    database = connect()
    lock(database)
    database.execute(
        "UPDATE _prisma_migrations SET rolled_back_at = now()"
        " WHERE migration_name = %s AND finished_at IS NULL",
        (name,),
    )
    print(f"Migration {name} marked as rolled back.")
    return 0


def without_variables() -> str:
    """Those of the schema that are not set, in Prisma's words."""
    return "\n".join(
        f"Error: Prisma schema validation - (get-config wasm)\nError code: P1012\n"
        f"error: Environment variable not found: {name}."
        for name in VARIABLES
        if not os.environ.get(name)
    )


def main(words: Sequence[str]) -> int:
    """One command line."""
    words = [word for word in words if word != "--no-install"]
    if not FOLDER.is_dir() or words[:2] != ["prisma", "migrate"]:
        print("npm error npx canceled due to missing packages and no YES option", file=sys.stderr)
        return 1
    known = OF_VERSION.get(TAG_FILE.read_text(encoding="utf-8").strip(), FIRST)
    print("Prisma schema loaded from prisma/schema.prisma")
    if problem := without_variables():
        print(problem)
        return 1
    if words[2:] == ["status"]:
        return status(known)
    if words[2:] == ["deploy"]:
        return deploy(known)
    if words[2:4] == ["resolve", "--rolled-back"]:
        return resolve(words[4])
    print(f"Unknown command {words[2:]}", file=sys.stderr)
    return 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
