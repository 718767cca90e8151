"""Connect an account by TikTok's consent dialog."""

import asyncio
import hashlib
from collections.abc import Awaitable, Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any
from urllib.parse import urlencode

from platforms.errors import AccessLost, OutcomeUnknown, Rejected, TryLater
from platforms.messages import Account, Offer, PageDetails, Profile, Tokens
from platforms.pkce import make_s256_challenge
from platforms.tiktok.api import Api
from platforms.tiktok.errors import parse_code
from platforms.tiktok.facts import PRIVACY, SCOPES, UNTESTABLE
from platforms.tiktok.posts import is_switched_off

_RIGHT_MISSING = ("scope_not_authorized", "scope_permission_missed")
# The fields of a person's profile that each right opens.
_PROFILE_FIELDS = {
    "user.info.basic": ("open_id", "display_name"),
    "user.info.profile": ("username",),
    "user.info.stats": ("follower_count",),
}


class Connection(Api):
    """Open an account, renew its tokens and give them up."""

    async def available_choices(self, account: Account) -> Mapping[str, Sequence[str]]:
        """Return no value for an interaction that the account has switched off. ``max_seconds`` is
        no option, but the longest video that this account may post.
        """
        settings = await self.read_settings(account)
        interactions = ("comments", "duet", "stitch")
        switched_off = [name for name in interactions if is_switched_off(settings, name)]
        longest = settings.get("max_video_post_duration_sec")
        allowed = settings.get("privacy_level_options", ())
        return {
            "privacy": [choice for choice in allowed if choice in PRIVACY],
            **dict.fromkeys(switched_off, ()),
            "max_seconds": [str(longest)] if longest else (),
        }

    async def read_profile(self, account: Account) -> Profile:
        """Find out by trying which rights were unticked or taken away: reading the profile, the
        account's settings and its list. A right that only a draft would need is taken to be as it
        was granted.
        """
        rights = [right for right in _PROFILE_FIELDS if right != "user.info.basic"]
        list_call = self.call_api(account, "video/list/?fields=id", json={"max_count": 1})
        settings, videos, *profiles = await asyncio.gather(
            self._none_without_right(self.read_settings(account)),
            self._none_without_right(list_call),
            *(self._none_without_right(self._read_user(account, right)) for right in rights),
        )
        basic = await self._read_user(account, "user.info.basic")
        answers = {
            **dict(zip(rights, profiles, strict=True)),
            "video.list": videos,
            "video.publish": settings,
        }
        data = {**(answers["user.info.profile"] or {}), **(answers["user.info.stats"] or {})}
        handle = str(
            data.get("username") or (settings or {}).get("creator_username") or account.handle
        )
        missing = [right for right, answer in answers.items() if answer is None]
        if account.granted:
            missing += [right for right in UNTESTABLE if right not in account.granted]
        return Profile(
            external_id=basic["open_id"],
            name=basic["display_name"],
            handle=handle,
            address=f"{account.app['link_url']}/@{handle}" if handle else "",
            followers=data.get("follower_count"),
            missing=missing,
        )

    async def read_page_details(self, account: Account) -> PageDetails:
        """Read what the right to the profile opens; without it there is nothing."""
        fields = urlencode({"fields": "bio_description,is_verified"})
        try:
            answer = await self.call_api(account, f"user/info/?{fields}", method="GET")
        except AccessLost as error:
            if error.code not in _RIGHT_MISSING:
                raise
            return PageDetails()
        user = answer["user"]
        return PageDetails(
            description=str(user.get("bio_description", "")),
            verified=bool(user.get("is_verified")),
        )

    async def _none_without_right(
        self, call: Awaitable[Mapping[str, Any]]
    ) -> Mapping[str, Any] | None:
        """Return the answer, or None without the right to it; an empty one where the call failed
        for another reason.
        """
        try:
            return await call
        except AccessLost as error:
            if error.code not in _RIGHT_MISSING:
                raise
            return None
        except (TryLater, Rejected):
            return {}

    async def _read_user(self, account: Account, right: str) -> Mapping[str, Any]:
        fields = urlencode({"fields": ",".join(_PROFILE_FIELDS[right])})
        return (await self.call_api(account, f"user/info/?{fields}", method="GET"))["user"]

    @classmethod
    def consent_url(
        cls, app: Mapping[str, Any], *, redirect_uri: str, state: str, verifier: str
    ) -> str:
        query = {
            "client_key": app["app_id"],
            "response_type": "code",
            "scope": ",".join(SCOPES),
            "redirect_uri": redirect_uri,
            "state": state,
            # else who is signed in is connected without being asked which account it is
            "disable_auto_auth": "1",
        }
        if app["pkce"] != "none":
            query |= {
                "code_challenge": _make_challenge(verifier, app["pkce"]),
                "code_challenge_method": "S256",
            }
        return f"{app['dialog_url']}/v2/auth/authorize/?{urlencode(query)}"

    async def list_connectable_pages(
        self,
        app: Mapping[str, Any],
        answer: Mapping[str, str],
        *,
        redirect_uri: str = "",
        verifier: str = "",
    ) -> list[Offer]:
        grant = {
            "grant_type": "authorization_code",
            "code": answer.get("code", ""),
            "redirect_uri": redirect_uri,
        }
        if app["pkce"] != "none":
            grant["code_verifier"] = verifier
        tokens, granted = await self._request_tokens(app, **grant)
        account = Account(external_id="", token=tokens.token, base_url=app["base_url"], app=app)
        missing = [right for right in SCOPES if right not in granted]
        usable = not any(SCOPES[right] for right in missing)
        if "user.info.basic" in missing:
            raise Rejected(
                "the account's name was not opened to the portal", code="scope_not_authorized"
            )
        profile = replace(await self.read_profile(account), missing=missing)
        return [Offer(profile, tokens, usable=usable)]

    async def refresh_tokens(self, account: Account) -> Tokens | None:
        tokens, _granted = await self._request_tokens(
            account.app, grant_type="refresh_token", refresh_token=account.refresh_token
        )
        return tokens

    async def revoke_access(self, account: Account) -> None:
        """End the access to this account alone: each is a grant of its own."""
        url, app, token = f"{account.base_url}/v2/oauth/revoke/", account.app, account.token
        form = {"client_key": app["app_id"], "client_secret": app["app_secret"], "token": token}
        answer = await self.send("POST", url, data=form)
        # An empty object is a success.
        if answer.status != 200 or parse_code(answer.body) not in ("", "ok"):
            raise self.error_from(answer, redact=(app["app_secret"], token))

    async def _request_tokens(
        self, app: Mapping[str, Any], **grant: str
    ) -> tuple[Tokens, list[str]]:
        """Request a new pair of tokens; return it with the rights that were granted. The old
        refresh token is then void, so a lost answer is an unknown outcome, not a delay.
        """
        data = await self.call(
            "POST",
            f"{app['base_url']}/v2/oauth/token/",
            data={"client_key": app["app_id"], "client_secret": app["app_secret"], **grant},
            redact=(
                app["app_secret"],
                *(grant.get(name, "") for name in ("code", "refresh_token", "code_verifier")),
            ),
            writes=True,
            timeout=20,
        )
        if not data.get("access_token"):
            raise OutcomeUnknown("an answer without a token")
        tokens = Tokens(
            token=data["access_token"],
            refresh_token=data["refresh_token"],
            lifetime=timedelta(seconds=data["expires_in"]),
            grant_lifetime=timedelta(seconds=data["refresh_expires_in"]),
        )
        return tokens, data.get("scope", "").split(",")


def _make_challenge(verifier: str, coding: str) -> str:
    """Write the PKCE challenge. TikTok's guide for desktop programs says hex, everybody else
    base64url.
    """
    if coding == "hex":
        return hashlib.sha256(verifier.encode()).hexdigest()
    return make_s256_challenge(verifier)
