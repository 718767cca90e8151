"""Share among Meta's platforms: the error envelope, tokens, field lists, times, lists with
cursors.
"""

from __future__ import annotations

import base64
import hmac
import json
import re
import secrets
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlencode

from simulator.calls import Call, Reply
from simulator.model import Token


class GraphError(Exception):
    """Answer in Facebook's error shape."""

    def __init__(
        self,
        message: str,
        code: int,
        subcode: int = 0,
        *,
        status: int = 400,
        kind: str = "OAuthException",
        **more: Any,
    ) -> None:
        super().__init__(message)
        self.status = status
        self.body: dict[str, Any] = {"message": message, "type": kind, "code": code}
        if subcode:
            self.body["error_subcode"] = subcode
        self.body |= more

    def reply(self) -> Reply:
        return Reply(
            {"error": self.body | {"fbtrace_id": "A" + secrets.token_urlsafe(16)}}, self.status
        )


TOKEN_DEATHS = {
    458: "The user has not authorized application {app}.",
    459: (
        "You cannot access the app till you log in to www.facebook.com and follow the "
        "instructions given."
    ),
    460: "The session has been invalidated because the user changed their password or "
    "Facebook has changed the session for security reasons.",
    463: "Session has expired. The current time is past the expiry.",
    464: "Sessions for the user are not allowed because the user is not a confirmed user.",
    467: "This is because the user logged out.",
    492: (
        "The user must be an administrator, editor, or moderator of the page in order "
        "to impersonate it."
    ),
}


def missing_object(object_id: str, verb: str = "get") -> GraphError:
    return GraphError(
        f"Unsupported {verb} request. Object with ID '{object_id}' does not exist, cannot "
        f"be loaded due to missing "
        "permissions, or does not support this operation",
        100,
        33,
        kind="GraphMethodException",
    )


def check_version(path: str, oldest: str) -> None:
    """Refuse a call in a version that is over. Meta answers in the oldest one that it still has, or
    refuses: this is the harsher of the two.
    """
    requested = re.match(r"/*(?:graph/)?v(\d+)\.(\d+)/", path)
    if (
        oldest
        and requested
        and tuple(map(int, requested.groups()))
        < tuple(map(int, oldest.removeprefix("v").split(".")))
    ):
        message = (
            f"You are calling a deprecated version of the Ads API. Please update to the "
            f"latest version: {oldest}."
        )
        raise GraphError(f"(#2635) {message}", 2635)


def needs_page_token() -> GraphError:
    return GraphError("(#210) A page access token is required to request this resource.", 210)


def format_moment(moment: float) -> str:
    return datetime.fromtimestamp(moment, UTC).strftime("%Y-%m-%dT%H:%M:%S+0000")


def parse_moment(text: str) -> float | None:
    """Read Unix seconds or ISO 8601, as since, until and scheduled_publish_time take them."""
    try:
        return float(text)
    except ValueError:
        pass
    try:
        time = datetime.fromisoformat(text)
    except ValueError:
        return None
    return time.replace(tzinfo=time.tzinfo or UTC).timestamp()


def get_first_word(text: str) -> str:
    return re.split(r"\W", text, maxsplit=1)[0]


def parse_fields(text: str, known: tuple[str, ...], node: str) -> dict[str, dict[str, str]]:
    """Read `id,reactions.limit(0).summary(total_count).as(all),picture{url}` as key → {"name",
    modifiers, "fields"}; the names may come as a JSON list, too."""
    if text.startswith("["):
        try:
            text = ",".join(json.loads(text))
        except (TypeError, ValueError):
            raise GraphError("(#100) Param fields must be a valid array", 100) from None
    parts, depth, start = [], 0, 0
    for at, char in enumerate(text + ","):
        depth += (char in "({") - (char in ")}")
        if char == "," and not depth:
            parts.append(text[start:at].strip())
            start = at + 1
    fields: dict[str, dict[str, str]] = {}
    for part in filter(None, parts):
        name = get_first_word(part)
        if name not in known:
            raise GraphError(
                f"(#100) Tried accessing nonexisting field ({name}) on node type ({node})", 100
            )
        modifiers = dict(re.findall(r"\.(\w+)\(([^)]*)\)", part))
        inner = re.search(r"\{(.*)\}", part)
        fields[modifiers.get("as", name)] = {
            "name": name,
            "fields": inner[1] if inner else "",
        } | modifiers
    return fields


def select_fields(value: dict[str, Any], fields: str) -> dict[str, Any]:
    names = {get_first_word(name.strip()) for name in fields.split(",")} if fields else None
    return {key: value[key] for key in value if names is None or key in names}


def make_page[T](
    call: Call,
    rows: list[T],
    key: Callable[[T], str],
    view: Callable[[T], dict[str, Any]],
    *,
    most: int = 100,
) -> dict[str, Any]:
    """Give one page of a list. The cursor names its last row, so that new rows in front do not
    repeat old ones."""
    limit = min(max(call.number("limit", 25), 1), most)
    start = 0
    if after := call.text("after"):
        last = base64.urlsafe_b64decode(after + "=" * (-len(after) % 4)).decode("utf-8", "replace")
        start = next((at + 1 for at, row in enumerate(rows) if key(row) == last), len(rows))
    screen = rows[start : start + limit]
    answer: dict[str, Any] = {"data": [view(row) for row in screen]}
    if screen:
        before, after = (
            base64.urlsafe_b64encode(key(row).encode()).decode().rstrip("=")
            for row in (screen[0], screen[-1])
        )
        answer["paging"] = {"cursors": {"before": before, "after": after}}
        if start + limit < len(rows):
            query = {name: call.text(name) for name in call.params if name != "after"} | {
                "limit": str(limit),
                "after": after,
            }
            answer["paging"]["next"] = f"{call.origin}{call.mount}{call.path}?{urlencode(query)}"
    return answer


def dead_token(subcode: int, app: str) -> GraphError:
    why = TOKEN_DEATHS.get(subcode, "The session is invalid.").format(app=app)
    return GraphError(f"Error validating access token: {why}", 190, subcode)


def read_token_text(call: Call) -> str:
    return call.text("access_token") or call.headers.get("Authorization", "").partition(" ")[2]


def check_alive(token: Token, now: float) -> None:
    if token.dead:
        raise dead_token(token.dead, token.app)
    if token.expires is not None and token.expires <= now:
        raise dead_token(463, token.app)


def check_proof(call: Call, token: Token, secret: str, *, needed: bool) -> None:
    """Refuse a call whose proof is wrong, or missing where it is needed."""
    given = call.text("appsecret_proof")
    if not given and not needed:
        return
    if not given:
        message = "API calls from the server require an appsecret_proof argument"
        raise GraphError(message, 100, kind="GraphMethodException")
    right = hmac.digest(secret.encode(), token.value.encode(), "sha256").hex()
    if not hmac.compare_digest(given.encode(), right.encode()):
        message = "Invalid appsecret_proof provided in the API argument"
        raise GraphError(message, 100, kind="GraphMethodException")


def list_pages_for(token: Token, scope: str) -> list[str]:
    """List the pages that the person ticked for one right; all that were ticked, unless fewer were
    for this one."""
    ticked = token.bound_to.get(f"only {scope}")
    own = [token.page] if token.page else token.pages
    return own if ticked is None else [page for page in ticked.split(",") if page in own]
