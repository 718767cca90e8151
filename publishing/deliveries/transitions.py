"""Changes of a delivery's state: `move` for one row, `move_many` for batches, and nothing else."""

from collections.abc import Iterable, Mapping
from contextlib import suppress
from datetime import datetime
from typing import Any, Protocol

from django.db import transaction

from accounts.models import User
from audit.services import record, record_many
from core.bulk import update_from_values
from publishing.models import Attempt, Delivery
from publishing.states import (
    NEXT,
    REASONS,
    Outcome,
    State,
)


class TransitionRefused(Exception):
    """The tables do not allow this step or its reason, or somebody else moved the row first."""


class Row(Protocol):
    """A delivery, or what the engine has claimed of one."""

    attempt: int

    @property
    def pk(self) -> Any: ...

    @property
    def public_id(self) -> Any: ...

    @property
    def unit_path(self) -> str: ...

    @property
    def state(self) -> str: ...

    @property
    def error_code(self) -> str: ...


@transaction.atomic
def move(
    delivery: Delivery,
    to: State,
    *,
    by: User | None = None,
    position: str = "",
    reason: str = "",
    **fields: Any,
) -> None:
    """Change the delivery's state, as only `move_many` does besides: checked, race-free, on record.

    Raises TransitionRefused.
    """
    was = State(delivery.state)
    _require_allowed_reasons([delivery], to, fields, None)
    row = Delivery.objects.filter(pk=delivery.pk, state=was, attempt=delivery.attempt)
    if to not in NEXT[was] or not row.update(state=to, **fields):
        raise TransitionRefused(f"{delivery.public_id}: {was} -> {to}")
    delivery.refresh_from_db(fields=["state", *fields])
    record(
        f"delivery.{to}",
        delivery,
        by=by,
        position=position,
        reason=reason,
        was=was,
        attempt=delivery.attempt,
        error=delivery.error_code,
    )


def move_many(
    rows: Iterable[Row],
    to: State,
    *,
    now: datetime,
    values_by_pk: Mapping[int, Mapping[str, Any]] | None = None,
    new_attempt: bool = False,
    by: User | None = None,
    position: str = "",
    reason: str = "",
    **fields: Any,
) -> set[int]:
    """Do for batches what `move` does: one UPDATE for all rows in one state, audit rows in bulk.

    ``fields`` are the same for all rows; ``values_by_pk`` maps a row's pk to its own values, the
    same names for every row and never None. Returns the pks that moved: a row that somebody else
    moved first is left alone. Rows in memory, with ``unit`` loaded or as the engine claimed them,
    are brought up to date in what they hold.
    """
    who = {
        "actor_id": by.pk if by else None,
        "actor_name": str(by) if by else "",
        "actor_position": position,
        "reason": reason,
    }
    by_state: dict[State, list[Row]] = {}
    for row in rows:
        by_state.setdefault(State(row.state), []).append(row)
    moved: set[int] = set()
    if not by_state:
        return moved
    with transaction.atomic():
        for was, group in by_state.items():
            if to not in NEXT[was]:
                raise TransitionRefused(f"{was} -> {to}")
            _require_allowed_reasons(group, to, fields, values_by_pk)
            own = {row.pk: values_by_pk[row.pk] if values_by_pk else {} for row in group}
            common = {"state": to, **fields}
            won = _update_rows(group, was, own, common, new_attempt=new_attempt)
            winners = [row for row in group if row.pk in won]
            for row in winners:
                _update_in_memory(row, {**common, **own[row.pk]}, new_attempt=new_attempt)
            record_many([{**_audit_entry(row, was, to), "at": now, **who} for row in winners])
            moved |= won
    return moved


def _update_rows(
    rows: Iterable[Row],
    was: State,
    own: Mapping[int, Mapping[str, Any]],
    common: Mapping[str, Any],
    *,
    new_attempt: bool,
) -> set[int]:
    """Write the step of rows that are all in ``was``; return the keys of those that nobody moved
    first.
    """
    return update_from_values(
        Delivery,
        [{"id": row.pk, "attempt": row.attempt, **own[row.pk]} for row in rows],
        match=("id", "attempt"),
        where={"state": was},
        fields=common,
        increment="attempt" if new_attempt else "",
    )


def _update_in_memory(row: Row, values: Mapping[str, Any], *, new_attempt: bool) -> None:
    """Set on the row in memory what was written, as far as it has the fields: what the engine
    claimed has fewer.
    """
    for name, value in values.items():
        with suppress(AttributeError):
            setattr(row, name, value)
    row.attempt += new_attempt


def _audit_entry(row: Row, was: State, to: State) -> dict[str, Any]:
    """Return what the audit record says of a row that has moved."""
    return {
        "action": f"delivery.{to}",
        "object_type": "publishing.delivery",
        "object_id": str(row.public_id),
        "unit_path": row.unit_path,
        "data": {"was": was, "attempt": row.attempt, "error": row.error_code},
    }


def _require_allowed_reasons(
    rows: Iterable[Row],
    state: State,
    fields: Mapping[str, Any],
    values_by_pk: Mapping[int, Mapping[str, Any]] | None,
) -> None:
    """Raise TransitionRefused when a row would bear a reason that its state has no sentence for."""
    may_bear = REASONS[state]
    if "error_code" in fields:
        reasons = {fields["error_code"]}
    elif values_by_pk:
        reasons = {values_by_pk[row.pk].get("error_code", row.error_code) for row in rows}
    else:
        reasons = {row.error_code for row in rows}
    if not reasons <= may_bear:
        raise TransitionRefused(f"{state} may not bear {sorted(reasons - may_bear)}")


def change_reasons(
    rows: Iterable[Delivery], state: State, *, values_by_pk: Mapping[int, Mapping[str, Any]]
) -> set[int]:
    """Write what rows bear while they stay in ``state``: a reason, and when to check them next.

    ``values_by_pk`` is as for `move_many`. This is no step, so it is not put on record. Returns the
    pks that were still in that state; the others are left alone. Raises TransitionRefused as `move`
    does.
    """
    rows = list(rows)
    _require_allowed_reasons(rows, state, {}, values_by_pk)
    return update_from_values(
        Delivery,
        [{"id": row.pk, **values_by_pk[row.pk]} for row in rows],
        match=("id",),
        where={"state": state},
    )


def end_attempts(rows: Iterable[Any], outcome: Outcome, *, now: datetime, detail: str = "") -> None:
    """Complete the tries of rows or claimed deliveries; one that has its outcome keeps it."""
    update_from_values(
        Attempt,
        [{"delivery": row.pk, "number": row.attempt} for row in rows],
        match=("delivery", "number"),
        where={"outcome": ""},
        fields={"outcome": outcome, "ended_at": now, "detail": detail[:500]},
    )
