"""Show persons, the pages that they may manage, their portfolios, and a page's subscriptions."""

from __future__ import annotations

import html
import json
import re
from typing import Any

from simulator import growth
from simulator.calls import Call
from simulator.model import Page, Token
from simulator.platforms.facebook.access import Access
from simulator.platforms.facebook.oauth import make_page_token
from simulator.platforms.facebook.spec import FacebookSpec
from simulator.platforms.meta.graph import (
    GraphError,
    make_page,
    missing_object,
    parse_fields,
    select_fields,
)

# What an application may hear of a page.
FIELDS = ("feed", "name", "mention", "picture", "videos", "messages", "ratings")
PAGE_FIELDS = (
    "id", "name", "username", "access_token", "category", "category_list", "picture",
    "followers_count",
    "fan_count", "link", "about", "description", "single_line_address", "phone", "hours", "website",
    "emails", "is_published", "verification_status", "description_html", "is_always_open",
    "has_transitioned_to_new_page_experience",
    "instagram_business_account", "cover",
)  # fmt: skip
# Texts of a page by their names, and what they are in its profile.
TEXTS = {
    "about": "description",
    "single_line_address": "address",
    "phone": "phone",
    "website": "website",
}
CHANGEABLE = {"about": 100, "phone": 50, "website": 500}  # and the most characters
# Taken as they come and shown again: nothing here depends on them.
FREE = ("description", "emails", "is_always_open")
HOURS = re.compile(r"(mon|tue|wed|thu|fri|sat|sun)_[12]_(open|close)")
HOUR = re.compile(r"([01][0-9]|2[0-3]):[0-5][0-9]|24:00")  # the last one only as an end
FIELDS_AT_ACCOUNTS = (*PAGE_FIELDS, "tasks")  # the person's own list alone tells them


class Accounts:
    def __init__(self, access: Access) -> None:
        self.access = access
        self.world = access.world

    def me(self, call: Call, token: Token, edge: str) -> dict[str, Any]:
        user = self.world.users[token.user]
        match edge:
            case "":
                return {"id": user.id, "name": user.name}
            case "permissions":
                granted = [
                    {"permission": scope, "status": "granted"}
                    for scope in (*token.scopes, "public_profile")
                ]
                return {
                    "data": granted
                    + [{"permission": scope, "status": "declined"} for scope in token.declined]
                }
            case "accounts":
                ids = token.pages if "pages_show_list" in token.scopes else []
                ids = [page_id for page_id in ids if page_id not in self.unlisted()]
                pages = [
                    page
                    for page_id in ids
                    if (page := self.world.pages[FacebookSpec.name].get(page_id))
                    and page_id in user.pages
                ]
                fields = parse_fields(
                    call.text("fields") or "access_token,category,name,id,tasks",
                    FIELDS_AT_ACCOUNTS,
                    "Page",
                )
                return make_page(
                    call,
                    pages,
                    lambda page: page.external_id,
                    lambda page: self.page_view(page, fields, token, call),
                )
            case "businesses":
                self.check_business(token)
                portfolios = [
                    business
                    for business in self.world.businesses.values()
                    if user.id in business["people"]
                ]
                return make_page(
                    call,
                    portfolios,
                    lambda entry: entry["id"],
                    lambda entry: {"id": entry["id"], "name": entry["name"]},
                )
        raise missing_object(edge)

    def unlisted(self) -> set[str]:
        """Find the pages that only their Business lists."""
        portfolios = [
            business for business in self.world.businesses.values() if not business["listed"]
        ]
        return {
            page
            for portfolio in portfolios
            for edge in ("owned_pages", "client_pages")
            for page in portfolio[edge]
        }

    @staticmethod
    def check_business(token: Token) -> None:
        if token.kind != "user" or "business_management" not in token.scopes:
            message = "(#100) Requires business_management permission to manage the object"
            raise GraphError(message, 100, kind="GraphMethodException")

    def business_edge(
        self, call: Call, token: Token, business: dict[str, Any], edge: str
    ) -> dict[str, Any]:
        """List the pages that a Business portfolio owns, or looks after. Its people's tasks are
        still their own."""
        self.check_business(token)
        if token.user not in business["people"] or edge not in ("owned_pages", "client_pages"):
            raise missing_object(f"{business['id']}/{edge}", call.method.lower())
        pages = [self.world.pages[FacebookSpec.name][page_id] for page_id in business[edge]]
        fields = parse_fields(call.text("fields") or "id,name", PAGE_FIELDS, "Page")
        return make_page(
            call,
            pages,
            lambda page: page.external_id,
            lambda page: self.page_view(page, fields, token, call),
        )

    def page_view(
        self, page: Page, fields: dict[str, dict[str, str]], token: Token, call: Call
    ) -> dict[str, Any]:
        requested = {field["name"] for field in fields.values()}
        tasks = (
            self.world.users[token.user].pages.get(page.external_id, [])
            if token.user in self.world.users
            else []
        )
        base = self.world.public_url or call.origin
        view = self.page_facts(page, f"{base}/pages/facebook/{page.external_id}/") | {
            "tasks": tasks
        }
        if tasks and "access_token" in requested:  # which makes one
            own = (
                make_page_token(self.world, token, page.external_id)
                if token.kind == "user"
                else token
            )
            view["access_token"] = own.value
        if linked := self.linked_account(page, token):
            view["instagram_business_account"] = self.account_facts(
                linked, f"{base}/pages/instagram/{linked.external_id}/avatar.svg"
            )
        return {
            key: select_part(field["name"], view[field["name"]], field.get("fields", ""))
            for key, field in (fields | {"id": {"name": "id"}}).items()
            if field["name"] in view
        }

    def page_facts(self, page: Page, link: str) -> dict[str, Any]:
        """Tell of a page what is the same for every caller."""
        followers = growth.count_followers(page, self.world.world())
        profile, cover = page.profile, str(122_000_000_000_000 + int(page.external_id) % 10**12)
        return {
            "id": page.external_id,
            "name": page.name,
            "username": page.username,
            "category": "Government organization",
            "category_list": [{"id": "161422927240513", "name": "Government organization"}],
            "picture": {
                "height": 50,
                "is_silhouette": not page.profile.get("picture"),
                "url": f"{link}avatar.svg",
                "width": 50,
            },
            "followers_count": followers,
            "fan_count": followers,
            "link": link,
            "is_published": True,
            "verification_status": "gray_verified" if profile.get("verified") else "not_verified",
            "has_transitioned_to_new_page_experience": True,
            # A field that was never filled is left out.
            **(
                {
                    "cover": {
                        "cover_id": cover,
                        "id": cover,
                        "offset_x": 0,
                        "offset_y": 0,
                        "source": f"{link}avatar.svg",
                    }
                }
                if profile.get("cover")
                else {}
            ),
            **{field: profile[item] for field, item in TEXTS.items() if profile.get(item)},
            **({"hours": profile["hours"]} if profile.get("hours") else {}),
            **page.details.get("free", {}),
        }

    def account_facts(self, linked: Page, avatar: str) -> dict[str, Any]:
        """Tell of an Instagram account what its page's field shows."""
        return {
            "id": linked.external_id,
            "username": linked.username,
            "name": linked.name,
            "followers_count": growth.count_followers(linked, self.world.world()),
            "profile_picture_url": avatar,
        }

    def linked_account(self, page: Page, token: Token) -> Page | None:
        """Find the professional Instagram account of a page, for those who may know of it."""
        linked = self.world.pages["instagram"].get(page.details.get("instagram", ""))
        return linked if "instagram_basic" in token.scopes else None

    def change(self, call: Call, token: Token, page: Page) -> dict[str, Any]:
        """Change what the page tells of itself; parameters of other names change nothing here."""
        self.access.check_page_token(token, page)
        if not self.access.may(token, "pages_manage_metadata"):
            message = "(#200) Requires pages_manage_metadata permission to manage the object"
            raise GraphError(message, 200, status=403)
        requested = {name: call.text(name) for name in CHANGEABLE if name in call.params}
        free: dict[str, Any] = {n: call.text(n) for n in FREE if n in call.params}
        if "emails" in free:
            free["emails"] = call.nested("emails")
        if "is_always_open" in free:
            free["is_always_open"] = call.flag("is_always_open")
        if "description" in free:
            free["description_html"] = f"<p>{html.escape(free['description'])}</p>"
        hours = _parse_hours(call.text("hours")) if "hours" in call.params else None
        if not requested and not free and hours is None:
            raise GraphError("(#100) No field of the page to update.", 100)
        for name, text in requested.items():
            if len(text) > CHANGEABLE[name]:
                raise GraphError(f"(#100) Param {name} is too long", 100)
        for name, text in requested.items():
            page.profile[TEXTS[name]] = text
        if hours is not None:
            page.profile["hours"] = hours
        page.details["free"] = page.details.get("free", {}) | free
        self.world.dirty = True
        return {"success": True}

    def subscriptions(self, call: Call, token: Token, page: Page) -> dict[str, Any]:
        """Keep whether the application hears of this page, and of what on it."""
        self.access.check_page_token(token, page)
        if not self.access.may(token, "pages_manage_metadata"):
            message = (
                "(#200) To subscribe to the feed field, the pages_manage_metadata "
                "permission is needed"
            )
            raise GraphError(message, 200, status=403)
        known = page.details.get("subscribed")
        match call.method:
            case "GET":
                application = {"name": "Outreach Portal", "id": token.app, "category": "Business"}
                return {
                    "data": [application | {"subscribed_fields": known["fields"]}] if known else []
                }
            case "DELETE":
                page.details.pop("subscribed", None)
            case _:
                fields = [
                    field.strip()
                    for field in call.text("subscribed_fields").split(",")
                    if field.strip()
                ]
                if not fields:
                    raise GraphError("(#100) The parameter subscribed_fields is required.", 100)
                if unknown := [field for field in fields if field not in FIELDS]:
                    raise GraphError(
                        (
                            f"(#100) Param subscribed_fields must be one of {FIELDS} - got "
                            f"{unknown[0]}"
                        ),
                        100,
                    )
                page.details["subscribed"] = {
                    "fields": fields,
                    "at": known["at"] if known else self.world.wall(),
                }
        self.world.dirty = True
        return {"success": True}


def select_part(name: str, value: Any, names: str) -> Any:
    """Narrow a field that is an object to the names in its braces."""
    match name:
        case "picture":
            return {"data": select_fields(value, names)}
        case "cover":
            return select_fields(value, names)
        case "instagram_business_account":
            return select_fields(value, names or "id")
    return value


def _parse_hours(text: str) -> dict[str, str]:
    """Read the field of opening hours: each span of a day with both of its ends."""
    wrong = GraphError("(#100) Param hours must be a JSON object of opening hours", 100)
    try:
        given = json.loads(text)
    except ValueError:
        raise wrong from None
    if not isinstance(given, dict):
        raise wrong
    for name, at in given.items():
        if not (HOURS.fullmatch(name) and isinstance(at, str) and HOUR.fullmatch(at)):
            raise wrong
    opened = {name.removesuffix("_open") for name in given if name.endswith("_open")}
    closed = {name.removesuffix("_close") for name in given if name.endswith("_close")}
    if opened != closed or any(given[f"{e}_open"] >= given[f"{e}_close"] for e in opened):
        raise wrong
    return given
