"""Connect accounts through the Facebook Pages that they are linked to."""

from collections.abc import Mapping, Sequence
from typing import Any

from platforms.messages import Account, Offer, PageDetails, Profile, Tokens
from platforms.meta.instagram.facts import SCOPES
from platforms.meta.page_access import PageAccess

_LINKED_ACCOUNT = "instagram_business_account{id,username,name,followers_count}"


class Connection(PageAccess):
    """Open accounts by a person's consent."""

    async def read_profile(self, account: Account) -> Profile:
        data = await self.read_own_node(account, "id,username,name,followers_count")
        return _parse_profile(data, await self.read_rights(account), account.app)

    async def read_page_details(self, account: Account) -> PageDetails:
        data = await self.read_own_node(account, "profile_picture_url,biography,website")
        return PageDetails(
            picture=bool(data.get("profile_picture_url")),
            description=str(data.get("biography", "")),
            website=str(data.get("website", "")),
        )

    async def list_connectable_pages(
        self,
        app: Mapping[str, Any],
        answer: Mapping[str, str],
        *,
        redirect_uri: str = "",
        verifier: str = "",
    ) -> list[Offer]:
        """List the accounts. Each is opened by the token of the Page that it is linked to, which
        never has to be renewed.
        """
        fields = f"id,name,access_token,{_LINKED_ACCOUNT}"
        pages = await self.list_pages(
            app, answer, redirect_uri=redirect_uri, verifier=verifier, fields=fields
        )
        return [
            Offer(
                _parse_profile(page["instagram_business_account"], page["rights"], app),
                Tokens(page.get("access_token", "")),
                usable=self.may_post(page),
            )
            for page in pages
            if page.get("instagram_business_account")
        ]


def _parse_profile(
    data: Mapping[str, Any], granted: Sequence[str], app: Mapping[str, Any]
) -> Profile:
    return Profile(
        external_id=str(data["id"]),
        name=data.get("name") or data["username"],
        handle=data["username"],
        address=f"{app['link_url']}/{data['username']}/",
        followers=data.get("followers_count"),
        missing=[scope for scope in SCOPES if scope not in granted],
    )
