"""Connect profiles by Threads' own consent dialog."""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any
from urllib.parse import urlencode

from platforms.errors import ConnectorError
from platforms.messages import Account, Offer, PageDetails, Profile, Tokens
from platforms.meta.graph import Graph
from platforms.meta.threads.facts import SCOPES

# A token lives for sixty days and may be renewed once it is a day old: about every week, so that a
# bad day costs none.
_RENEWED_WITHIN = timedelta(days=8)
_GRANT_SECONDS = 5_183_944  # where the answer does not say


class Connection(Graph):
    """Open a profile and renew its token."""

    async def read_profile(self, account: Account) -> Profile:
        data = await self.call_api(account, "me", params={"fields": "id,username,name"})
        granted = await self._read_granted(account)
        missing = [] if granted is None else [scope for scope in SCOPES if scope not in granted]
        return Profile(
            external_id=str(data["id"]),
            name=data.get("name") or data["username"],
            handle=data["username"],
            address=f"{account.app['link_url']}/@{data['username']}",
            followers=await self._read_followers(account),
            missing=missing,
        )

    async def read_page_details(self, account: Account) -> PageDetails:
        fields = "threads_profile_picture_url,threads_biography,is_verified"
        data = await self.call_api(account, "me", params={"fields": fields})
        return PageDetails(
            picture=bool(data.get("threads_profile_picture_url")),
            description=str(data.get("threads_biography", "")),
            verified=bool(data.get("is_verified")),
        )

    async def _read_granted(self, account: Account) -> Sequence[str] | None:
        """Return the rights that were granted; None where Threads does not say. It says so to
        testers of the application for certain, and to others perhaps.
        """
        params = {"input_token": account.token}
        try:
            answer = await self.call_api(account, "debug_token", params=params)
        except ConnectorError as error:
            if error.code.startswith("190"):
                raise
            return None
        return answer.get("data", {}).get("scopes")

    async def _read_followers(self, account: Account) -> int | None:
        path, params = f"{account.external_id}/threads_insights", {"metric": "followers_count"}
        try:
            rows = (await self.call_api(account, path, params=params))["data"]
        except ConnectorError as error:
            if error.code.startswith("190"):
                raise
            return None  # the right to insights was not granted, or they are not to be had now
        return next((row["total_value"]["value"] for row in rows if "total_value" in row), None)

    @classmethod
    def consent_url(
        cls, app: Mapping[str, Any], *, redirect_uri: str, state: str, verifier: str
    ) -> str:
        query = {
            "client_id": app["app_id"],
            "redirect_uri": redirect_uri,
            "scope": ",".join(SCOPES),
            "response_type": "code",
            "state": state,
        }
        return f"{app['dialog_url']}/oauth/authorize?{urlencode(query)}"

    async def list_connectable_pages(
        self,
        app: Mapping[str, Any],
        answer: Mapping[str, str],
        *,
        redirect_uri: str = "",
        verifier: str = "",
    ) -> list[Offer]:
        """Return the one profile that was opened in the dialog."""
        base = app["base_url"]
        grant = {
            "grant_type": "authorization_code",
            "redirect_uri": redirect_uri,
            "code": answer.get("code", ""),
        }
        short = await self.request_token("POST", f"{base}/oauth/access_token", app, **grant)
        grant = {"grant_type": "th_exchange_token", "access_token": short["access_token"]}
        long = await self.request_token("GET", f"{base}/access_token", app, **grant)
        account = Account(str(short["user_id"]), long["access_token"], base, app=app)
        profile = await self.read_profile(account)
        may_post = not any(needed and scope in profile.missing for scope, needed in SCOPES.items())
        return [Offer(profile, _parse_tokens(long), usable=may_post)]

    async def refresh_tokens(self, account: Account) -> Tokens | None:
        url = f"{account.base_url}/refresh_access_token"
        params = {"grant_type": "th_refresh_token", "access_token": account.token}
        answer = await self.call("GET", url, params=params, redact=(account.token,), timeout=20)
        return _parse_tokens(answer)


def _parse_tokens(answer: Mapping[str, Any]) -> Tokens:
    return Tokens(
        answer["access_token"],
        lifetime=_RENEWED_WITHIN,
        grant_lifetime=timedelta(seconds=int(answer.get("expires_in", _GRANT_SECONDS))),
    )
