"""What all of Meta's platforms share: the error envelope, field lists, times, lists with cursors."""

from __future__ import annotations

import base64
import re
import secrets
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlencode

from simulator.calls import Call, Reply


class GraphError(Exception):
    """An answer in Facebook's error shape."""

    def __init__(
        self, message: str, code: int, subcode: int = 0, *, status: int = 400, kind: str = "OAuthException", **more: Any
    ) -> None:
        super().__init__(message)
        self.status = status
        self.body: dict[str, Any] = {"message": message, "type": kind, "code": code}
        if subcode:
            self.body["error_subcode"] = subcode
        self.body |= more

    def reply(self) -> Reply:
        return Reply({"error": self.body | {"fbtrace_id": "A" + secrets.token_urlsafe(16)}}, self.status)


def missing_object(object_id: str, verb: str = "get") -> GraphError:
    return GraphError(
        f"Unsupported {verb} request. Object with ID '{object_id}' does not exist, cannot be loaded due to missing "
        "permissions, or does not support this operation",
        100,
        33,
        kind="GraphMethodException",
    )


def needs_page_token() -> GraphError:
    return GraphError("(#210) A page access token is required to request this resource.", 210)


def stamp(moment: float) -> str:
    return datetime.fromtimestamp(moment, UTC).strftime("%Y-%m-%dT%H:%M:%S+0000")


def moment(text: str) -> float | None:
    """Unix seconds or ISO 8601, as since, until and scheduled_publish_time take them."""
    try:
        return float(text)
    except ValueError:
        pass
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        return None
    return found.replace(tzinfo=found.tzinfo or UTC).timestamp()


def first_word(text: str) -> str:
    return re.split(r"\W", text, maxsplit=1)[0]


def parse_fields(text: str, known: tuple[str, ...], node: str) -> dict[str, dict[str, str]]:
    """`id,reactions.limit(0).summary(total_count).as(all),picture{url}`: answer key → {"name", modifiers, "fields"}."""
    parts, depth, start = [], 0, 0
    for at, char in enumerate(text + ","):
        depth += (char in "({") - (char in ")}")
        if char == "," and not depth:
            parts.append(text[start:at].strip())
            start = at + 1
    fields: dict[str, dict[str, str]] = {}
    for part in filter(None, parts):
        name = first_word(part)
        if name not in known:
            raise GraphError(f"(#100) Tried accessing nonexisting field ({name}) on node type ({node})", 100)
        modifiers = dict(re.findall(r"\.(\w+)\(([^)]*)\)", part))
        inner = re.search(r"\{(.*)\}", part)
        fields[modifiers.get("as", name)] = {"name": name, "fields": inner[1] if inner else ""} | modifiers
    return fields


def narrowed(value: dict[str, Any], fields: str) -> dict[str, Any]:
    wanted = {first_word(name.strip()) for name in fields.split(",")} if fields else None
    return {key: value[key] for key in value if wanted is None or key in wanted}


def paged[T](
    call: Call,
    rows: list[T],
    key: Callable[[T], str],
    view: Callable[[T], dict[str, Any]],
    base: str = "facebook/graph",
) -> dict[str, Any]:
    """One page of a list. The cursor names the last row told, so that new rows in front do not repeat old ones."""
    limit = min(max(call.number("limit", 25), 1), 100)
    start = 0
    if after := call.text("after"):
        last = base64.urlsafe_b64decode(after + "=" * (-len(after) % 4)).decode("utf-8", "replace")
        start = next((at + 1 for at, row in enumerate(rows) if key(row) == last), len(rows))
    shown = rows[start : start + limit]
    answer: dict[str, Any] = {"data": [view(row) for row in shown]}
    if shown:
        before, after = (
            base64.urlsafe_b64encode(key(row).encode()).decode().rstrip("=") for row in (shown[0], shown[-1])
        )
        answer["paging"] = {"cursors": {"before": before, "after": after}}
        if start + limit < len(rows):
            kept = {name: call.text(name) for name in call.params if name != "after"} | {
                "limit": str(limit),
                "after": after,
            }
            answer["paging"]["next"] = f"{call.origin}/{base}/{call.path}?{urlencode(kept)}"
    return answer
