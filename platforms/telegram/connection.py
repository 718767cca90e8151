"""Connect a channel by the token of a bot that is its administrator."""

from collections.abc import Mapping
from typing import Any

from platforms.errors import AccessLost, Rejected
from platforms.messages import Account, Offer, PageDetails, Profile, Tokens
from platforms.telegram.api import Api
from platforms.telegram.errors import is_nothing_to_change, is_right_missing
from platforms.telegram.facts import RIGHTS
from platforms.telegram.words import TOKEN


class Connection(Api):
    """Open a channel, and read and write its profile."""

    async def read_profile(self, account: Account) -> Profile:
        chat = await self._read_chat(account)
        bot_id = account.token.partition(":")[0]
        request = {"chat_id": account.external_id, "user_id": int(bot_id)}
        member = await self.call_api(account, "getChatMember", json=request)
        if member["status"] in ("left", "kicked"):
            raise AccessLost("the bot is not a member of the channel", code=member["status"])
        request = {"chat_id": account.external_id}
        followers = await self.call_api(account, "getChatMemberCount", json=request)
        handle = chat.get("username", "")
        return Profile(
            external_id=str(chat["id"]),
            name=chat["title"],
            handle=handle,
            address=f"{account.app['link_url']}/{handle}" if handle else "",
            followers=followers,
            missing=[right for right in RIGHTS if not member.get(right)],
        )

    async def read_page_details(self, account: Account) -> PageDetails:
        chat = await self._read_chat(account)
        return PageDetails(
            picture=bool(chat.get("photo")),
            pinned=bool(chat.get("pinned_message")),
            description=str(chat.get("description", "")),
        )

    async def _read_chat(self, account: Account) -> Mapping[str, Any]:
        return await self.call_api(account, "getChat", json={"chat_id": account.external_id})

    async def write_page_details(self, account: Account, changes: Mapping[str, str]) -> None:
        """Write the description, by the bot's right to change the channel's info, which it needs
        for nothing else. The same text again is refused as not modified, which is a success.
        https://core.telegram.org/bots/api#setchatdescription
        """
        request = {"chat_id": account.external_id, "description": changes["description"]}
        try:
            await self.call_api(account, "setChatDescription", json=request, writes=True)
        except Rejected as error:
            if not is_nothing_to_change(error):
                raise
        except AccessLost as error:
            if not is_right_missing(error):
                raise
            raise Rejected(error.detail, code="info") from None

    async def list_connectable_pages(
        self,
        app: Mapping[str, Any],
        answer: Mapping[str, str],
        *,
        redirect_uri: str = "",
        verifier: str = "",
    ) -> list[Offer]:
        token = answer["token"]
        if not TOKEN.fullmatch(token):
            raise AccessLost("this is not a bot's token", code="token")
        account = Account(answer["chat"], token, app["base_url"], app=app)
        await self.call_api(account, "getMe")
        profile = await self.read_profile(account)
        return [Offer(profile, Tokens(token), usable="can_post_messages" not in profile.missing)]
