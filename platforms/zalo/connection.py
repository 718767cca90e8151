"""Connect an Official Account by Zalo's consent dialog."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any
from urllib.parse import urlencode

from platforms.errors import OutcomeUnknown, Rejected
from platforms.messages import Account, Offer, PageDetails, Profile, Tokens
from platforms.pkce import make_s256_challenge
from platforms.zalo.api import Api
from platforms.zalo.undocumented import parse_package_end

# A refresh token works once within three months, which begin again with each renewal.
_GRANT_LIFETIME = timedelta(days=90)


class Connection(Api):
    """Open an account and renew its tokens."""

    async def read_profile(self, account: Account) -> Profile:
        page = await self._read_page(account)
        external_id = str(page.get("oa_id") or page["oaid"])
        return Profile(
            external_id=external_id,
            name=page["name"],
            handle=page.get("oa_alias", ""),
            address=f"{account.app['link_url']}/{external_id}",
            followers=page.get("num_follower"),
            missing=() if page.get("is_verified") else ("oa_verified",),
            package_until=parse_package_end(page),
        )

    async def read_page_details(self, account: Account) -> PageDetails:
        page = await self._read_page(account)
        return PageDetails(
            picture=bool(page.get("avatar")),
            cover=bool(page.get("cover")),
            verified=bool(page.get("is_verified")),
            description=str(page.get("description", "")),
        )

    async def _read_page(self, account: Account) -> Mapping[str, Any]:
        return (await self.call_api(account, "oa/getoa", method="GET"))["data"]

    async def refresh_tokens(self, account: Account) -> Tokens | None:
        return await self._request_tokens(
            account.app, grant_type="refresh_token", refresh_token=account.refresh_token
        )

    @classmethod
    def consent_url(
        cls, app: Mapping[str, Any], *, redirect_uri: str, state: str, verifier: str
    ) -> str:
        query = {
            "app_id": app["app_id"],
            "redirect_uri": redirect_uri,
            "code_challenge": make_s256_challenge(verifier),
            "state": state,
        }
        return f"{app['oauth_url']}/v4/oa/permission?{urlencode(query)}"

    async def list_connectable_pages(
        self,
        app: Mapping[str, Any],
        answer: Mapping[str, str],
        *,
        redirect_uri: str = "",
        verifier: str = "",
    ) -> list[Offer]:
        tokens = await self._request_tokens(
            app,
            grant_type="authorization_code",
            code=answer.get("code", ""),
            code_verifier=verifier,
        )
        account = Account(external_id="", token=tokens.token, base_url=app["base_url"], app=app)
        profile = await self.read_profile(account)
        if profile.external_id != answer.get("oa_id", profile.external_id):
            raise Rejected("the token opens another account than the dialog named")
        return [Offer(profile, tokens, usable=not profile.missing)]

    async def _request_tokens(self, app: Mapping[str, Any], **grant: str) -> Tokens:
        """Request a new pair of tokens. The old refresh token is then void, so a lost answer is an
        unknown outcome, not a delay.
        """
        redact = (
            app["app_secret"],
            *(grant[name] for name in ("code", "refresh_token") if name in grant),
        )
        answer = await self.call(
            "POST",
            f"{app['oauth_url']}/v4/oa/access_token",
            data={"app_id": app["app_id"], **grant},
            headers={"secret_key": app["app_secret"]},
            redact=redact,
            writes=True,
            timeout=20,
        )
        if not answer.get("access_token"):
            raise OutcomeUnknown("an answer without a token")
        return Tokens(
            token=answer["access_token"],
            refresh_token=answer.get("refresh_token", ""),
            lifetime=timedelta(seconds=int(answer["expires_in"])),
            grant_lifetime=_GRANT_LIFETIME,
        )
