"""Count the figures of reports from the raw rows, by code that shares nothing with the portal's.

    python benchmarks/report_recount.py DATABASE REPORTS.json

``DATABASE`` is an address of PostgreSQL. ``REPORTS.json`` lists the frozen
contents of reports. Whatever differs is named; the last line is
``recount reports=… numbers=… differ=…``, and the status is 1 where anything does.
"""

import json
import re
import sys
from collections import defaultdict
from datetime import UTC, date, datetime, timedelta, timezone
from typing import Any

import psycopg2

HERE = timezone(timedelta(hours=7))
MEASURES = ("views", "reach", "reactions", "comments", "shares", "saves", "clicks", "watch_seconds")
GRACE = timedelta(seconds=60)
DELIVERY = (
    "id", "unit_id", "post_id", "platform", "state", "due_at", "not_after", "committing_at",
    "published_at", "receipt_source", "error_code", "recall_id",
)  # fmt: skip


class Raw:
    """The raw rows, read once and held as dictionaries."""

    def __init__(self, cursor: Any) -> None:
        self.cursor = cursor
        self.units = {
            row["id"]: row
            for row in self.read(
                "units_unit",
                "id",
                "key",
                "path",
                "parent_id",
                "level",
                "has_police_body",
                "valid_from",
                "valid_to",
                "successor_id",
            )
        }
        self.of_key = {row["key"]: pk for pk, row in self.units.items()}
        self.measured = {
            row["delivery_id"]: row
            for row in self.read("engagement_measurement", "delivery_id", "source", *MEASURES)
        }
        self.posts = {
            row["id"]: row
            for row in self.read(
                "posts_post", "id", "public_id", "unit_id", "topic_id", "campaign_id", "corrects_id"
            )
        }
        self.topics = {row["id"]: row["code"] for row in self.read("campaigns_topic", "id", "code")}
        self.campaigns = {
            _bare(row["public_id"]): row["id"]
            for row in self.read("campaigns_campaign", "id", "public_id")
        }
        pages = self.read("channels_channel", "id", "unit_id", "health")
        owners = {row["id"]: row["unit_id"] for row in pages}
        self.with_page = {row["unit_id"] for row in pages if row["health"] != "disconnected"}
        self.followers: dict[int, dict[int, dict[date, int]]] = defaultdict(
            lambda: defaultdict(dict)
        )
        for row in self.read("engagement_followercount", "channel_id", "day", "followers"):
            page = row["channel_id"]
            self.followers[owners[page]][page][row["day"]] = row["followers"]
        self.kits = {
            row["id"]: row["campaign_id"] for row in self.read("campaigns_kit", "id", "campaign_id")
        }
        self.adopted: dict[int, list[dict[str, Any]]] = defaultdict(list)
        for row in self.read("campaigns_adoption", "unit_id", "kit_id", "adopted_at"):
            if row["adopted_at"]:  # others were declined
                self.adopted[row["unit_id"]].append(row)
        self.recalls = {
            row["id"]: row["started_at"]
            for row in self.read("publishing_recall", "id", "started_at")
        }
        self.deliveries: dict[int, list[dict[str, Any]]] = defaultdict(list)
        for row in self.read("publishing_delivery", *DELIVERY):
            self.deliveries[row["unit_id"]].append(row)

    def read(self, table: str, *columns: str) -> list[dict[str, Any]]:
        self.cursor.execute(f"SELECT {', '.join(columns)} FROM {table}")
        return [
            {name: _plain(name, value) for name, value in zip(columns, row, strict=True)}
            for row in self.cursor.fetchall()
        ]

    def count(self, unit: int, *period: Any) -> Any:
        """Count what one unit did in a period, and what those did that became it."""
        total: Any = None
        for one in self.list_territory(unit):
            total = _merge(total, self.count_one(one, *period))
        return total | {"active": min(1, total["active"])}

    def count_one(
        self, unit: int, start: datetime, end: datetime, about: int | None, at: datetime
    ) -> Any:
        """Count what one unit itself did in a period, of one campaign or of all."""
        rows = [
            row
            for row in self.deliveries[unit]
            if about is None or self.posts[row["post_id"]]["campaign_id"] == about
        ]
        out = [row for row in rows if row["published_at"] and start <= row["published_at"] < end]
        counts: dict[str, Any] = {
            "posts": len({row["post_id"] for row in out}),
            "publications": len(out),
            "withdrawn": sum(row["state"] == "recalled" for row in out),
            "manual": sum(self.measured.get(row["id"], {}).get("source") == "hand" for row in out),
            "active": int(bool(out)),
            "kits": sum(
                start <= row["adopted_at"] < end
                and (about is None or self.kits[row["kit_id"]] == about)
                for row in self.adopted[unit]
            ),
            "recalls": len(
                {
                    row["post_id"]
                    for row in rows
                    if row["published_at"]
                    and row["recall_id"]
                    and start <= self.recalls[row["recall_id"]] < end
                }
            ),
            "corrections": len(
                {row["post_id"] for row in out if self.posts[row["post_id"]]["corrects_id"]}
            ),
            "measures": dict.fromkeys(MEASURES),
            "measured": dict.fromkeys(MEASURES, 0),
            "platforms": {},
            "topics": {},
        }
        counts |= {"followers": None, "followers_gained": None}
        for page in self.followers[unit].values() if about is None else ():
            first, last = start.astimezone(HERE).date(), end.astimezone(HERE).date()
            had, has = _find_newest(page, first), _find_newest(page, last)
            counts["followers"] = _add(counts["followers"], has)
            if has is not None and had is not None:
                counts["followers_gained"] = _add(counts["followers_gained"], has - had)
        counts |= _judge([row for row in rows if start <= row["due_at"] < end], at)
        posts: dict[str, set[int]] = defaultdict(set)
        for row in out:
            topic = self.topics.get(self.posts[row["post_id"]]["topic_id"], "")
            posts[topic].add(row["post_id"])
            told = self.measured.get(row["id"], {})
            for table, key in (("platforms", row["platform"]), ("topics", topic)):
                line = counts[table].setdefault(key, {"publications": 0, **dict.fromkeys(MEASURES)})
                line["publications"] += 1
                for name in MEASURES:
                    line[name] = _add(line[name], told.get(name))
            for name in MEASURES:
                counts["measures"][name] = _add(counts["measures"][name], told.get(name))
                counts["measured"][name] += told.get(name) is not None
        for topic, some in posts.items():
            counts["topics"][topic]["posts"] = len(some)
        return counts

    def list_territory(self, unit: int) -> list[int]:
        """List the unit and all that were merged into it."""
        before = [pk for pk, row in self.units.items() if row["successor_id"] == unit]
        return [unit, *(one for pk in before for one in self.list_territory(pk))]

    def count_all(self, units: list[int], *period: Any) -> Any:
        total: Any = None
        for unit in units:
            total = _merge(total, self.count(unit, *period))
        return total

    def list_below(self, unit: int, on: date, first: date, last: date) -> list[int]:
        """List the unit and the police bodies below it, of that day, and those that were closed
        since the period began with nobody to go on.
        """
        path = self.units[unit]["path"]
        return [
            pk
            for pk, row in self.units.items()
            if row["path"].startswith(path)
            and row["has_police_body"]
            and (
                (row["valid_from"] <= on and (row["valid_to"] is None or row["valid_to"] > on))
                or (
                    row["successor_id"] is None
                    and row["valid_from"] <= last
                    and first < row["valid_to"] <= on
                )
            )
        ]


def _judge(rows: list[dict[str, Any]], at: datetime) -> dict[str, int]:
    """Judge what was due: what never came counts as late, what is still open as nothing."""
    due = on_time = failed = 0
    for row in rows:
        state, seen = row["state"], row["published_at"]
        if state == "cancelled" or (state in {"recalling", "recalled"} and not seen):
            continue
        is_manual = (
            state == "by_hand" or row["receipt_source"] == "posted" or row["error_code"] == "in_app"
        )
        failed += state in {"expired", "failed"}
        open_still = (
            state in {"by_hand", "processing"} and row["not_after"] > at
            if is_manual
            else state == "processing"
        )
        if open_still or row["due_at"] >= at - GRACE:
            continue
        due += 1
        # What a platform took in time is not late by the time it works on it; people have until the
        # deadline.
        until = max(row["due_at"] + GRACE, row["not_after"]) if is_manual else row["due_at"] + GRACE
        taken = None if is_manual else row["committing_at"]
        on_time += bool(seen) and (seen <= until or (taken is not None and taken <= until))
    return {"due": due, "on_time": on_time, "failed": failed}


def _find_newest(page: dict[date, int], before: date) -> int | None:
    """Return the newest count of the seven days before a day."""
    days = (before - timedelta(days=n) for n in range(1, 8))
    return next((page[day] for day in days if day in page), None)


def _add(one: int | None, other: int | None) -> int | None:
    return other if one is None else one if other is None else one + other


def _merge(one: Any, other: Any) -> Any:
    """Add two trees of numbers, leaf by leaf."""
    if one is None or other is None or not isinstance(one, dict):
        return _add(one, other)
    return {key: _merge(one.get(key), other.get(key)) for key in one | other}


def _plain(name: str, value: Any) -> Any:
    """Return a moment as an aware one, a day as a day, whichever database it came from."""
    if isinstance(value, str) and name in {"valid_from", "valid_to", "day"}:
        return date.fromisoformat(value)
    if isinstance(value, str) and re.match(r"\d{4}-\d\d-\d\d \d\d:", value):
        return datetime.fromisoformat(value).replace(tzinfo=UTC)
    return value


def _bare(public_id: Any) -> str:
    return str(public_id).replace("-", "")


def compare(path: str, reported: Any, counted: Any, differ: list[str]) -> int:
    """Compare each number that was counted with what the report says; return how many."""
    if isinstance(counted, dict):
        reported = reported or {}
        extra = [key for key in reported if key not in counted and isinstance(reported[key], dict)]
        differ += [f"{path}.{key}: only in the report" for key in extra if path.endswith("s")]
        return sum(
            compare(f"{path}.{key}", reported.get(key), value, differ)
            for key, value in counted.items()
        )
    if reported != counted:
        differ.append(f"{path}: the report says {reported}, the rows {counted}")
    return 1


def recount(raw: Raw, content: dict[str, Any], differ: list[str]) -> int:
    """Count the numbers of one report again; return how many they were."""
    unit, at = raw.of_key[content["unit"]], datetime.fromisoformat(content["taken"])
    about = raw.campaigns[_bare(content["campaign"]["id"])] if content["campaign"] else None

    def days(first: str, last: str) -> tuple[datetime, datetime]:
        begin, end = (
            datetime.combine(date.fromisoformat(day), datetime.min.time(), HERE)
            for day in (first, last)
        )
        return begin, end + timedelta(days=1)

    now = (*days(content["first"], content["last"]), about, at)
    name = f"{content['unit']} {content['kind']}"
    numbers = compare(f"{name} own", content["own"]["now"], raw.count(unit, *now), differ)
    before = (*days(*content["before"]), None, at) if content["before"] else None

    def count_before(units: list[int]) -> tuple[list[int], Any]:
        """Of units that published before the second day of the period before: others have none."""
        known = [
            unit
            for unit in units
            if before
            and any(
                row["published_at"] and row["published_at"] < before[0] + timedelta(days=1)
                for one in raw.list_territory(unit)
                for row in raw.deliveries[one]
            )
        ]
        return known, raw.count_all(known, *before) if known else None

    numbers += compare(
        f"{name} own before", content["own"]["before"], count_before([unit])[1], differ
    )
    if "scope" not in content:
        return numbers
    first, last = (date.fromisoformat(content[name]) for name in ("first", "last"))
    scope = raw.list_below(unit, at.astimezone(HERE).date(), first, last)
    numbers += compare(f"{name} scope", content["scope"], len(scope), differ)
    pageless = [
        unit_id
        for unit_id in scope
        if raw.units[unit_id]["level"] == "commune"
        and raw.units[unit_id]["valid_to"] is None
        and unit_id not in raw.with_page
    ]
    numbers += compare(f"{name} pageless", content["pageless"], len(pageless), differ)
    system = raw.count_all(scope, *now)
    for table in ("platforms", "topics"):
        if not content["system"][table]:  # not counted beside a report
            system.pop(table)
    numbers += compare(f"{name} system", content["system"], system, differ)
    held = [raw.of_key[key] for key in content["covered"]]
    held += [raw.of_key[key] for row in content["units"] for key in row["filled"]]
    for row in content["filled"]:
        below = raw.units[raw.of_key[row["unit"]]]["path"]
        some = [
            unit_id
            for unit_id in scope
            if raw.units[unit_id]["path"].startswith(below) and unit_id not in held
        ]
        numbers += compare(f"{name} {row['unit']}", row["now"], raw.count_all(some, *now), differ)
        keys = {raw.of_key[key] for key in row["filled"]}
        numbers += compare(f"{name} {row['unit']} units", keys, set(some), differ)
        held += some
    numbers += compare(f"{name} counted twice", len(held), len(set(held)), differ)
    numbers += compare(f"{name} total", content["total"]["now"], raw.count_all(held, *now), differ)
    known, earlier = count_before(held)
    numbers += compare(f"{name} before", content["total"]["before"], earlier, differ)
    comparable = raw.count_all(known, *now) if known else None
    return numbers + compare(
        f"{name} comparable", content["total"]["comparable"], comparable, differ
    )


def main(address: str, reports: str) -> int:
    raw, numbers = Raw(psycopg2.connect(address).cursor()), 0
    differ: list[str] = []
    with open(reports, encoding="utf-8") as file:
        contents = json.load(file)
    for content in contents:
        numbers += recount(raw, content, differ)
    print("\n".join(differ[:40]))
    print(f"recount reports={len(contents)} numbers={numbers} differ={len(differ)}")
    return int(bool(differ))


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
