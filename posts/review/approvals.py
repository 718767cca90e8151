"""Statements that approvers sign: what exactly was approved, proved apart from the rows that say
so.

A statement is canonical JSON. Two things are kept with a review: where the approver has a passkey,
its assertion, whose challenge is the statement's SHA-256; and always a seal, an HMAC by a key that
the database does not hold. So rows that were written by SQL alone prove nothing, whatever they say.
Pure functions: they read no row and no clock.

Several statements may be signed by one touch: the assertion is then over a list of them, which is
kept once, and each statement is sealed together with the list's SHA-256.
"""

import hashlib
import hmac
import json
from collections.abc import Collection, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, NamedTuple

from core.approval_keys import load_keys, make_key_id
from core.assertions import find_assertion_problem
from core.binding import bind

VERSION = "outreach-portal approval 1"
LIST_VERSION = "outreach-portal approval list 1"
# A person looks through so many at most; a longer list is neither signed nor proved.
MOST_LISTED = 52


class Method:
    """The ways in which an approver proves to be there, the strongest first."""

    PASSKEY = "passkey"  # an assertion over this very statement, or over a list that holds it
    # a one-time code or passkey within the five minutes before; weaker: the server's word alone
    CODE = "code"


class Step:
    """The decision that a statement names: the unit's word on a post that the province approves,
    too, proves no approval.
    """

    FIRST = "first"
    APPROVED = "approved"


class Listed(NamedTuple):
    """A list that was proved once for all that is on it: the key of its row, why it is invalid, its
    statements.
    """

    id: int
    problem: str
    sha256: str
    statements: frozenset[str]


class Proof(NamedTuple):
    """The proof that comes with a decision. ``wanted``: the time that is part of it, or empty.

    A passkey's ``assertion`` is over the statement itself; or ``listed`` is a list that holds it.
    """

    method: str
    rendered_at: datetime
    nonce: str
    requested: str = ""
    assertion: Mapping[str, str] | None = None
    listed: Listed | None = None


class Signed(NamedTuple):
    """The stored proof of a review, or of a list."""

    statement: str
    method: str
    assertion: Mapping[str, str] | None
    key_id: str
    seal: str


def build_statement(
    *,
    revision: str,
    content_sha256: str,
    channels: Collection[str],
    by: int,
    requested: str,
    rendered_at: datetime,
    nonce: str,
    decision: str = Step.APPROVED,
) -> str:
    """Return the canonical text that an approval of ``revision`` (public id) by the person ``by``
    (key) signs.
    """
    statement = {
        "version": VERSION,
        "decision": decision,
        "revision": revision,
        "content_sha256": content_sha256,
        "channels": sorted(channels),
        "by": by,
        "wanted": requested,
        "rendered_at": rendered_at.astimezone(UTC).isoformat(),
        "nonce": nonce,
    }
    return _canonical_json(statement)


def build_list_statement(statements: Collection[str], *, nonce: str) -> str:
    """Return the canonical text by which one signature approves all of ``statements``, each as
    `build_statement` made it.
    """
    if not 0 < len(statements) <= MOST_LISTED:
        raise ValueError(f"a list holds 1 to {MOST_LISTED} approvals")
    parsed = [json.loads(text) for text in sorted(statements)]
    return _canonical_json({"version": LIST_VERSION, "nonce": nonce, "statements": parsed})


def sign(text: str, method: str, assertion: Mapping[str, str] | None = None) -> Signed:
    """Seal a statement, with the passkey's assertion over it if there is one, by the newest key of
    the installation.
    """
    key = load_keys()[0]
    return Signed(text, method, assertion, make_key_id(key), _seal(key, text, method, assertion))


def sign_listed(text: str, listed: Listed) -> Signed:
    """Seal a statement that ``listed`` holds, together with the list's digest."""
    return sign(text, Method.PASSKEY, {"list": listed.sha256})


def read_list(signed: Signed, *, id: int) -> Listed:
    """Prove a list that a passkey signed, once for all of its statements. ``id`` is the key of its
    row.
    """
    wrong = seal_problem(signed) or _list_problem(signed)
    parsed = [] if wrong else json.loads(signed.statement)["statements"]
    return Listed(
        id,
        wrong,
        hashlib.sha256(signed.statement.encode()).hexdigest(),
        frozenset(map(_canonical_json, parsed)),
    )


def approval_problem(
    signed: Signed,
    *,
    revision: str,
    content_sha256: str,
    by: int,
    listed: Listed | None = None,
    decision: str = Step.APPROVED,
) -> str:
    """Explain why this is no approval of that content by that person; empty when it is one.

    ``listed``: the list that the stored row points to, where it does.
    """
    if wrong := seal_problem(signed):
        return wrong
    statement = json.loads(signed.statement)
    # The version first: what another one holds is not known.
    if statement["version"] != VERSION or statement["decision"] != decision:
        return "the statement is no approval"
    if (statement["revision"], statement["content_sha256"], statement["by"]) != (
        revision,
        content_sha256,
        by,
    ):
        return "the statement is about another content or person"
    if listed:
        return listed.problem or _membership_problem(signed, listed)
    if signed.method == Method.PASSKEY:
        return find_assertion_problem(signed.statement, signed.assertion or {})
    return ""


def seal_problem(signed: Signed) -> str:
    """Explain why no key of the installation sealed exactly this; empty when one did."""
    key = next((key for key in load_keys() if make_key_id(key) == signed.key_id), None)
    if key is None:
        return "sealed with a key that this installation does not have"
    if not hmac.compare_digest(_seal(key, *signed[:3]), signed.seal):
        return "the seal is not that of the statement"
    return ""


def _list_problem(signed: Signed) -> str:
    statement = json.loads(signed.statement)
    if statement["version"] != LIST_VERSION or signed.method != Method.PASSKEY:
        return "the statement is no list of approvals"
    if len(statement["statements"]) > MOST_LISTED:
        return "the list is too long"
    return find_assertion_problem(signed.statement, signed.assertion or {})


def _membership_problem(signed: Signed, listed: Listed) -> str:
    """Explain why a statement is not one that the passkey signed with this list."""
    if signed.method != Method.PASSKEY or (signed.assertion or {}).get("list") != listed.sha256:
        return "the statement was sealed without this list"
    return "" if signed.statement in listed.statements else "the statement is not on the list"


def channels_of(signed: Signed) -> frozenset[str]:
    """Return the public ids of the channels that the statement names."""
    return frozenset(json.loads(signed.statement)["channels"])


def _seal(key: bytes, text: str, method: str, assertion: Mapping[str, str] | None) -> str:
    sealed = bind(_canonical_json([VERSION, method, text, assertion]))
    return hmac.new(key, sealed.encode(), hashlib.sha256).hexdigest()


def _canonical_json(value: Mapping[str, Any] | Sequence[Any]) -> str:
    return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
