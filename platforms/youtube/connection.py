"""Connect a channel by Google's consent dialog."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Any
from urllib.parse import urlencode

from platforms.errors import AccessLost, Rejected, TryLater
from platforms.messages import Account, Offer, PageDetails, Profile, Tokens
from platforms.pkce import make_s256_challenge
from platforms.youtube.api import Api
from platforms.youtube.facts import SCOPES

_SCOPE = "https://www.googleapis.com/auth/"


class Connection(Api):
    """Open a channel, renew its tokens and give them up."""

    async def read_channel(self, account: Account, part: str) -> dict[str, Any]:
        """Read parts of the resource of the channel that the token opens."""
        data = await self.call_api(account, f"channels?part={part}&mine=true")
        if not data.get("items"):
            raise AccessLost("the account has no channel", code="youtubeSignupRequired")
        return data["items"][0]

    async def read_page_details(self, account: Account) -> PageDetails:
        channel = await self.read_channel(account, "id,brandingSettings")
        branding = channel.get("brandingSettings", {})
        return PageDetails(
            cover=bool(branding.get("image", {}).get("bannerExternalUrl")),
            description=str(branding.get("channel", {}).get("description", "")),
        )

    async def read_profile(self, account: Account) -> Profile:
        channel = await self.read_channel(account, "id,snippet,statistics")
        counts = channel.get("statistics", {})
        is_hidden = counts.get("hiddenSubscriberCount") or "subscriberCount" not in counts
        return Profile(
            external_id=channel["id"],
            name=channel["snippet"]["title"],
            handle=channel["snippet"].get("customUrl", "").removeprefix("@"),
            address=f"{account.app['link_url']}/channel/{channel['id']}",
            followers=None if is_hidden else int(counts["subscriberCount"]),
        )

    @classmethod
    def consent_url(
        cls, app: Mapping[str, Any], *, redirect_uri: str, state: str, verifier: str
    ) -> str:
        query = {
            "client_id": app["app_id"],
            "redirect_uri": redirect_uri,
            "response_type": "code",
            "scope": " ".join(_SCOPE + scope for scope in SCOPES),
            "access_type": "offline",
            "prompt": "consent",  # else a second consent brings no refresh token
            "include_granted_scopes": "true",
            "state": state,
            "code_challenge": make_s256_challenge(verifier),
            "code_challenge_method": "S256",
        }
        return f"{app['dialog_url']}/o/oauth2/v2/auth?{urlencode(query)}"

    async def list_connectable_pages(
        self,
        app: Mapping[str, Any],
        answer: Mapping[str, str],
        *,
        redirect_uri: str = "",
        verifier: str = "",
    ) -> list[Offer]:
        """Return the one channel that was chosen in the dialog: each grant opens one."""
        data = await self._request_tokens(
            app,
            grant_type="authorization_code",
            code=answer.get("code", ""),
            redirect_uri=redirect_uri,
            code_verifier=verifier,
        )
        if not data.get("refresh_token"):
            raise Rejected("Google gave no refresh token", code="no_refresh_token")
        tokens = _parse_tokens(data, data["refresh_token"])
        granted = str(data.get("scope", "")).split()
        missing = [right for right in SCOPES if _SCOPE + right not in granted]
        if "youtube.force-ssl" in missing:
            raise Rejected(
                "the channel was not opened to the portal", code="insufficientPermissions"
            )
        account = Account(external_id="", token=tokens.token, base_url=app["base_url"], app=app)
        profile = replace(await self.read_profile(account), missing=missing)
        return [Offer(profile, tokens, usable=not any(SCOPES[right] for right in missing))]

    async def refresh_tokens(self, account: Account) -> Tokens | None:
        """Request a new access token. The refresh token stays the same and is not sent again."""
        data = await self._request_tokens(
            account.app, grant_type="refresh_token", refresh_token=account.refresh_token
        )
        return _parse_tokens(data, data.get("refresh_token") or account.refresh_token)

    async def revoke_access(self, account: Account) -> None:
        """End the whole consent, which either token does. With ``include_granted_scopes`` it covers
        all that the person granted us.
        """
        token = account.refresh_token or account.token
        answer = await self.send(
            "POST", f"{account.app['oauth_url']}/revoke", data={"token": token}
        )
        already_ended = answer.status == 400 and (answer.body or {}).get("error") == "invalid_token"
        if answer.status != 200 and not already_ended:
            raise self.error_from(answer, redact=(token,))

    async def _request_tokens(self, app: Mapping[str, Any], **grant: str) -> dict[str, Any]:
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


def _parse_tokens(data: Mapping[str, Any], refresh_token: str) -> Tokens:
    grant_seconds = data.get("refresh_token_expires_in")  # where it was granted for a time
    return Tokens(
        token=data["access_token"],
        refresh_token=refresh_token,
        lifetime=timedelta(seconds=int(data["expires_in"])),
        grant_lifetime=timedelta(seconds=int(grant_seconds)) if grant_seconds else None,
    )
