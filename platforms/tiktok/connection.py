"""Connect an account by TikTok's consent dialog."""

import asyncio
import base64
import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any
from urllib.parse import urlencode

from platforms.errors import AccessLost, OutcomeUnknown, Rejected, TryLater
from platforms.messages import Account, Offer, PageDetails, Profile, Tokens
from platforms.tiktok.api import Api
from platforms.tiktok.errors import code_of
from platforms.tiktok.facts import PRIVACY, SCOPES, UNTRIED
from platforms.tiktok.posts import is_off

_MISSING = ("scope_not_authorized", "scope_permission_missed")
# What of a person's profile each right opens.
_FIELDS = {
    "user.info.basic": ("open_id", "display_name"),
    "user.info.profile": ("username",),
    "user.info.stats": ("follower_count",),
}


class Connection(Api):
    """Open an account, renew its tokens and give them up."""

    async def available_choices(self, account: Account) -> Mapping[str, Sequence[str]]:
        """An interaction that the account has switched off has nothing to choose; ``max_seconds``
        is no option, but the longest video that this account may post.
        """
        info = await self._creator(account)
        closed = [name for name in ("comments", "duet", "stitch") if is_off(info, name)]
        longest = info.get("max_video_post_duration_sec")
        return {
            "privacy": [each for each in info.get("privacy_level_options", ()) if each in PRIVACY],
            **dict.fromkeys(closed, ()),
            "max_seconds": [str(longest)] if longest else (),
        }

    async def read_profile(self, account: Account) -> Profile:
        """A right that was unticked or taken away is only seen by trying: what the profile, a look
        at the account's settings and one at its list are refused for. What only a draft would try
        stays as it was granted.
        """
        rights = [right for right in _FIELDS if right != "user.info.basic"]
        creator, listed, *others = await asyncio.gather(
            self._unless_missing(self._creator(account)),
            self._unless_missing(
                self._api(account, "video/list/?fields=id", json={"max_count": 1})
            ),
            *(self._unless_missing(self._user(account, right)) for right in rights),
        )
        basic = await self._user(account, "user.info.basic")
        tried = {
            **dict(zip(rights, others, strict=True)),
            "video.list": listed,
            "video.publish": creator,
        }
        data = {**(tried["user.info.profile"] or {}), **(tried["user.info.stats"] or {})}
        handle = str(
            data.get("username") or (creator or {}).get("creator_username") or account.handle
        )
        return Profile(
            external_id=basic["open_id"],
            name=basic["display_name"],
            handle=handle,
            address=f"{account.app['link_url']}/@{handle}" if handle else "",
            followers=data.get("follower_count"),
            missing=[right for right, answer in tried.items() if answer is None]
            + [right for right in UNTRIED if account.granted and right not in account.granted],
        )

    async def read_page_details(self, account: Account) -> PageDetails:
        """Told to who may read the profile; to others nothing is."""
        fields = urlencode({"fields": "bio_description,is_verified"})
        try:
            answer = await self._api(account, f"user/info/?{fields}", method="GET")
        except AccessLost as error:
            if error.code not in _MISSING:
                raise
            return PageDetails()
        user = answer["user"]
        return PageDetails(
            description=str(user.get("bio_description", "")),
            verified=bool(user.get("is_verified")),
        )

    async def _unless_missing(self, call: Any) -> Mapping[str, Any] | None:
        """Return what was answered, empty where something other than a missing right stood in the
        way; None without the right.
        """
        try:
            return await call
        except AccessLost as error:
            if error.code not in _MISSING:
                raise
            return None
        except (TryLater, Rejected):
            return {}

    async def _user(self, account: Account, right: str) -> Mapping[str, Any]:
        fields = urlencode({"fields": ",".join(_FIELDS[right])})
        return (await self._api(account, f"user/info/?{fields}", method="GET"))["user"]

    @classmethod
    def consent_url(
        cls, app: Mapping[str, Any], *, redirect_uri: str, state: str, verifier: str
    ) -> str:
        asked = {
            "client_key": app["app_id"],
            "response_type": "code",
            "scope": ",".join(SCOPES),
            "redirect_uri": redirect_uri,
            "state": state,
            # else who is signed in is connected without being asked which account it is
            "disable_auto_auth": "1",
        }
        if app["pkce"] != "none":
            asked |= {
                "code_challenge": _challenge(verifier, app["pkce"]),
                "code_challenge_method": "S256",
            }
        return f"{app['dialog_url']}/v2/auth/authorize/?{urlencode(asked)}"

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
        tokens, granted = await self._grant(app, **grant)
        account = Account(external_id="", token=tokens.token, base_url=app["base_url"], app=app)
        missing = [right for right in SCOPES if right not in granted]
        usable = not any(SCOPES[right] for right in missing)
        if "user.info.basic" in missing:
            raise Rejected(
                "the account's name was not opened to the portal", code="scope_not_authorized"
            )
        return [
            Offer(replace(await self.read_profile(account), missing=missing), tokens, usable=usable)
        ]

    async def refresh_tokens(self, account: Account) -> Tokens | None:
        tokens, _granted = await self._grant(
            account.app, grant_type="refresh_token", refresh_token=account.refresh_token
        )
        return tokens

    async def revoke_access(self, account: Account) -> None:
        """End the access to this one account: each is a grant of its own."""
        url, app, token = f"{account.base_url}/v2/oauth/revoke/", account.app, account.token
        form = {"client_key": app["app_id"], "client_secret": app["app_secret"], "token": token}
        answer = await self.send("POST", url, data=form)
        if answer.status != 200 or code_of(answer.body) not in (
            "",
            "ok",
        ):  # an empty object is its success
            raise self.error_from(answer, redact=(app["app_secret"], token))

    async def _grant(self, app: Mapping[str, Any], **grant: str) -> tuple[Tokens, list[str]]:
        """A new pair of tokens, and the rights they carry. The old refresh token dies with it, so a
        lost answer is an unknown outcome, not a delay.
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


def _challenge(verifier: str, coding: str) -> str:
    """TikTok's guide for desktop programs says hex, everybody else base64url."""
    digest = hashlib.sha256(verifier.encode())
    return (
        digest.hexdigest()
        if coding == "hex"
        else base64.urlsafe_b64encode(digest.digest()).decode().rstrip("=")
    )
