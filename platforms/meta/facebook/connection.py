"""Connect Facebook Pages, and read and write their profiles."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from platforms import hours
from platforms.messages import Account, Offer, PageDetails, Profile, Tokens
from platforms.meta.errors import reject_on_missing_right
from platforms.meta.facebook.facts import SCOPES
from platforms.meta.facebook.opening_hours import format_week, parse_week
from platforms.meta.page_access import PageAccess

_DETAILS = (
    "picture{url,is_silhouette},cover{source},about,single_line_address,phone,hours,website,"
    "verification_status"
)


class Connection(PageAccess):
    """Open pages by a person's consent."""

    async def read_profile(self, account: Account) -> Profile:
        page = await self.read_own_node(account, "id,name,username,link,followers_count")
        return _parse_profile(page, await self.read_rights(account))

    async def list_connectable_pages(
        self,
        app: Mapping[str, Any],
        answer: Mapping[str, str],
        *,
        redirect_uri: str = "",
        verifier: str = "",
    ) -> list[Offer]:
        """List the pages. A page's own token outlives the 60 days of the person's, and never has to
        be renewed. It is missing where the person may do nothing.
        """
        fields = "id,name,username,access_token,link,followers_count"
        pages = await self.list_pages(
            app, answer, redirect_uri=redirect_uri, verifier=verifier, fields=fields
        )
        return [
            Offer(
                _parse_profile(page, page["rights"]),
                Tokens(page.get("access_token", "")),
                usable=self.may_post(page),
            )
            for page in pages
        ]

    async def read_page_details(self, account: Account) -> PageDetails:
        """Read the page's profile. No field says whether a post is pinned.
        https://developers.facebook.com/docs/graph-api/reference/page
        """
        page = await self.read_own_node(account, _DETAILS)
        picture = page.get("picture", {}).get("data", {})
        return PageDetails(
            picture=bool(picture.get("url")) and not picture.get("is_silhouette"),
            cover=bool(page.get("cover", {}).get("source")),
            verified=page.get("verification_status", "not_verified") != "not_verified",
            description=str(page.get("about", "")),
            address=str(page.get("single_line_address", "")),
            phone=str(page.get("phone", "")),
            hours=hours.write_week(parse_week(page.get("hours", {}))),
            website=str(page.get("website", "")),
        )

    @reject_on_missing_right
    async def write_page_details(self, account: Account, changes: Mapping[str, str]) -> None:
        """Write texts by the right pages_manage_metadata. The description that residents see first
        is `about`.
        """
        form = {"about" if name == "description" else name: text for name, text in changes.items()}
        if "hours" in form:
            form["hours"] = json.dumps(format_week(hours.read_week(form["hours"])))
        await self.call_api(account, account.external_id, method="POST", data=form, writes=True)


def _parse_profile(page: Mapping[str, Any], granted: Sequence[str]) -> Profile:
    return Profile(
        external_id=str(page["id"]),
        name=page["name"],
        handle=page.get("username", ""),
        address=page.get("link", ""),
        followers=page.get("followers_count"),
        missing=[scope for scope in SCOPES if scope not in granted],
    )
