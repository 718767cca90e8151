"""Connect a channel by Google's consent dialog."""

import base64
import hashlib
import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any
from urllib.parse import urlencode

from platforms.errors import AccessLost, Rejected, TryLater
from platforms.messages import Account, Offer, PageDetails, Profile, Tokens
from platforms.youtube.api import Api
from platforms.youtube.facts import SCOPES

_SCOPE = "https://www.googleapis.com/auth/"


class Connection(Api):
    """Open a channel, renew its tokens and give them up."""

    async def _channel(self, account: Account, part: str) -> dict[str, Any]:
        data = await self._data("GET", account, f"channels?part={part}&mine=true")
        if not data.get("items"):
            raise AccessLost("the account has no channel", code="youtubeSignupRequired")
        return data["items"][0]

    async def read_page_details(self, account: Account) -> PageDetails:
        branding = (await self._channel(account, "id,brandingSettings")).get("brandingSettings", {})
        return PageDetails(
            cover=bool(branding.get("image", {}).get("bannerExternalUrl")),
            description=str(branding.get("channel", {}).get("description", "")),
        )

    async def read_profile(self, account: Account) -> Profile:
        channel = await self._channel(account, "id,snippet,statistics")
        counted = channel.get("statistics", {})
        hidden = counted.get("hiddenSubscriberCount") or "subscriberCount" not in counted
        return Profile(
            external_id=channel["id"],
            name=channel["snippet"]["title"],
            handle=channel["snippet"].get("customUrl", "").removeprefix("@"),
            address=f"{account.app['link_url']}/channel/{channel['id']}",
            followers=None if hidden else int(counted["subscriberCount"]),
        )

    @classmethod
    def consent_url(
        cls, app: Mapping[str, Any], *, redirect_uri: str, state: str, verifier: str
    ) -> str:
        asked = {
            "client_id": app["app_id"],
            "redirect_uri": redirect_uri,
            "response_type": "code",
            "scope": " ".join(_SCOPE + each for each in SCOPES),
            "access_type": "offline",
            "prompt": "consent",  # else a second consent brings no refresh token
            "include_granted_scopes": "true",
            "state": state,
            "code_challenge": _challenge(verifier),
            "code_challenge_method": "S256",
        }
        return f"{app['dialog_url']}/o/oauth2/v2/auth?{urlencode(asked)}"

    async def list_connectable_pages(
        self,
        app: Mapping[str, Any],
        answer: Mapping[str, str],
        *,
        redirect_uri: str = "",
        verifier: str = "",
    ) -> list[Offer]:
        """One grant opens one channel: the one that was chosen in the dialog."""
        data = await self._grant(
            app,
            grant_type="authorization_code",
            code=answer.get("code", ""),
            redirect_uri=redirect_uri,
            code_verifier=verifier,
        )
        if not data.get("refresh_token"):
            raise Rejected("Google gave no refresh token", code="no_refresh_token")
        tokens = _tokens(data, data["refresh_token"])
        granted = str(data.get("scope", "")).split()
        missing = [right for right in SCOPES if _SCOPE + right not in granted]
        if "youtube.force-ssl" in missing:
            raise Rejected(
                "the channel was not opened to the portal", code="insufficientPermissions"
            )
        account = Account(external_id="", token=tokens.token, base_url=app["base_url"], app=app)
        return [
            Offer(
                replace(await self.read_profile(account), missing=missing),
                tokens,
                usable=not any(SCOPES[right] for right in missing),
            )
        ]

    async def refresh_tokens(self, account: Account) -> Tokens | None:
        """The refresh token stays the same and is not told again."""
        data = await self._grant(
            account.app, grant_type="refresh_token", refresh_token=account.refresh_token
        )
        return _tokens(data, data.get("refresh_token") or account.refresh_token)

    async def revoke_access(self, account: Account) -> None:
        """Either token ends the whole consent, with ``include_granted_scopes`` all that the person
        gave us.
        """
        token = account.refresh_token or account.token
        answer = await self.send(
            "POST", f"{account.app['oauth_url']}/revoke", data={"token": token}
        )
        ended_before = answer.status == 400 and (answer.body or {}).get("error") == "invalid_token"
        if answer.status != 200 and not ended_before:
            raise self.error_from(answer, redact=(token,))

    async def _grant(self, app: Mapping[str, Any], **grant: str) -> dict[str, Any]:
        data = await self.call(
            "POST",
            f"{app['oauth_url']}/token",
            data={"client_id": app["app_id"], "client_secret": app["app_secret"], **grant},
            redact=(
                app["app_secret"],
                *(grant.get(name, "") for name in ("code", "refresh_token", "code_verifier")),
            ),
            timeout=20,
        )
        if not data.get("access_token"):
            raise TryLater("an answer without a token")
        return data

    @classmethod
    def page_from_address(cls, steps: Sequence[str], query: Mapping[str, str]) -> str:
        match steps:
            case ["channel", number, *_rest]:
                return number
            case [name, *_rest] if name.startswith("@"):
                return name
        return ""  # a video's address, a shortened one, or a name of the old kinds

    @classmethod
    def is_platform_id(cls, key: str) -> bool:
        return super().is_platform_id(key) or bool(re.fullmatch(r"uc[\w-]{22}", key))


def _tokens(data: Mapping[str, Any], refresh_token: str) -> Tokens:
    ends = data.get("refresh_token_expires_in")  # only where the person granted it for a time
    return Tokens(
        token=data["access_token"],
        refresh_token=refresh_token,
        lifetime=timedelta(seconds=int(data["expires_in"])),
        grant_lifetime=timedelta(seconds=int(ends)) if ends else None,
    )


def _challenge(verifier: str) -> str:
    return base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).decode().rstrip("=")
