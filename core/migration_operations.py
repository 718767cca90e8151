"""Migration operations of our own: models created together, indexes built beside what writes, and
statements that each database says in its own words.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import batched
from typing import Any

from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.backends.postgresql.schema import DatabaseSchemaEditor
from django.db.migrations.operations import AddIndex
from django.db.migrations.operations.base import Operation
from django.db.migrations.operations.models import CreateModel
from django.db.migrations.operations.special import RunPython
from django.db.migrations.state import ProjectState


class CreateModels(Operation):
    """Create the models of an app together, in any order.

    Django renders all models that are related to each new one anew, here nearly all there are: for
    a hundred models one by one that takes 9 s of a processor, for all of an app at once 1 s.
    """

    serialization_expand_args = ["models"]

    def __init__(self, models: Sequence[CreateModel]):
        self.models = models

    def state_forwards(self, app_label: str, state: ProjectState) -> None:
        state.__dict__.pop("apps", None)  # the rendered models: made anew when they are asked for
        for model in self.models:
            model.state_forwards(app_label, state)

    def database_forwards(
        self,
        app_label: str,
        schema_editor: BaseDatabaseSchemaEditor,
        from_state: ProjectState,
        to_state: ProjectState,
    ) -> None:
        for model in self.models:
            model.database_forwards(app_label, schema_editor, from_state, to_state)

    def database_backwards(
        self,
        app_label: str,
        schema_editor: BaseDatabaseSchemaEditor,
        from_state: ProjectState,
        to_state: ProjectState,
    ) -> None:
        for model in reversed(self.models):
            model.database_backwards(app_label, schema_editor, from_state, to_state)

    def describe(self) -> str:
        return "Create models " + ", ".join(model.name for model in self.models)


class AddIndexOnline(AddIndex):
    """Add an index; on PostgreSQL beside what writes, for a migration with ``atomic = False``. One
    that was killed is begun anew.
    """

    atomic = False
    reduces_to_sql = False

    def database_forwards(
        self,
        app_label: str,
        schema_editor: BaseDatabaseSchemaEditor,
        from_state: ProjectState,
        to_state: ProjectState,
    ) -> None:
        if not isinstance(schema_editor, DatabaseSchemaEditor):
            super().database_forwards(app_label, schema_editor, from_state, to_state)
            return
        # A build takes longer than a page may, and holds up nobody.
        limits = ("statement_timeout", "lock_timeout")
        for limit in limits:
            schema_editor.execute(f"SET {limit} = 0")
        schema_editor.execute(f"DROP INDEX CONCURRENTLY IF EXISTS {self.index.name}")
        model = to_state.apps.get_model(app_label, self.model_name)
        schema_editor.add_index(model, self.index, concurrently=True)
        for limit in limits:
            schema_editor.execute(f"RESET {limit}")


class RunStatements(Operation):
    """Execute statements by the database's vendor, such as those for triggers, one after the other.

    RunPython would render all models for a function that asks for none.
    """

    reduces_to_sql = True

    def __init__(
        self, forwards: Mapping[str, Sequence[str]], backwards: Mapping[str, Sequence[str]]
    ):
        self.forwards = forwards
        self.backwards = backwards

    def state_forwards(self, app_label: str, state: ProjectState) -> None:
        pass

    def database_forwards(
        self,
        app_label: str,
        schema_editor: BaseDatabaseSchemaEditor,
        from_state: ProjectState,
        to_state: ProjectState,
    ) -> None:
        self._execute(schema_editor, self.forwards)

    def database_backwards(
        self,
        app_label: str,
        schema_editor: BaseDatabaseSchemaEditor,
        from_state: ProjectState,
        to_state: ProjectState,
    ) -> None:
        self._execute(schema_editor, self.backwards)

    def describe(self) -> str:
        return "Execute statements"

    @staticmethod
    def _execute(
        schema_editor: BaseDatabaseSchemaEditor, statements: Mapping[str, Sequence[str]]
    ) -> None:
        for statement in statements.get(schema_editor.connection.vendor, ()):
            schema_editor.execute(statement, params=None)


def move_to_jobs(
    model: str,
    *,
    columns: Iterable[str],
    describe: Callable[[dict[str, Any]], dict[str, Any] | None],
) -> RunPython:
    """Return the operation that gives each row of a model ("media.Scan") a job. ``describe`` is
    given its ``columns`` and returns kind, state, queued_at, ended_at and what else the job bears,
    or None where the row needs none. What was not finished waits anew.
    """
    app_label, name = model.split(".")

    def move(apps: Any, schema_editor: BaseDatabaseSchemaEditor) -> None:
        rows, jobs = apps.get_model(app_label, name), apps.get_model("core", "Job")
        found = rows._base_manager.order_by("pk").values("pk", *columns)
        for batch in batched(found.iterator(1000), 1000):
            described = [
                (row["pk"], _complete_job(fields)) for row in batch if (fields := describe(row))
            ]
            made = jobs.objects.bulk_create(jobs(**fields) for _pk, fields in described)
            rows._base_manager.bulk_update(
                [rows(pk=pk, job=job) for (pk, _), job in zip(described, made, strict=True)],
                ["job"],
            )
        # What follows changes the table, which foreign keys that are still to be checked prevent.
        if schema_editor.connection.vendor == "postgresql":
            schema_editor.execute("SET CONSTRAINTS ALL IMMEDIATE")

    return RunPython(move, RunPython.noop)


def _complete_job(fields: dict[str, Any]) -> dict[str, Any]:
    """Complete the fields of a job, so that they fit the constraints of the table."""
    queued_at, ended_at = fields["queued_at"], fields.pop("ended_at", None)
    if fields["state"] in ("done", "failed"):
        over = {"progress": 100, "ended_at": ended_at or queued_at}
        return {"run_at": queued_at, **fields, **over}
    return {"run_at": queued_at, **fields, "state": "waiting", "attempts": 0}
