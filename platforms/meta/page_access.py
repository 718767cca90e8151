"""Connect what is reached through a Facebook Page: by its application, its consent dialog, the
person's pages and their tokens.
"""

import re
from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from typing import Any, ClassVar
from urllib.parse import urlencode

from platforms.errors import AccessLost, Rejected
from platforms.facts import Setting, Version
from platforms.messages import Account
from platforms.meta.errors import ABSENT_CODES, RightMissing
from platforms.meta.graph import Graph, make_app_secret_proof
from platforms.meta.versions import VERSION_ENDS
from platforms.pkce import make_s256_challenge
from platforms.words import gettext_noop as _

_TASKS_TO_POST = {"CREATE_CONTENT", "MANAGE"}
# Granular scopes that begin so are about pages or Instagram accounts.
_SCOPES_OF_PAGES = ("pages_", "read_", "instagram_")


class PageAccess(Graph):
    """A connector that is let in through a Facebook Page."""

    RIGHTS: ClassVar[Mapping[str, str]] = {
        "pages_show_list": _("list of pages, needed when connecting again"),
        "pages_read_engagement": _("reading the page's posts, needed to publish safely"),
        "pages_manage_metadata": _("hearing at once of new comments"),
        "business_management": _("list of pages that a Business portfolio holds"),
    }
    upload_hosts = re.compile(r"rupload\.facebook\.com")
    settings = {
        "app_id": Setting("FACEBOOK_APP_ID", None, "100000000000001"),
        "app_secret": Setting("FACEBOOK_APP_SECRET", None, "simulator-facebook-secret"),
        "version": Setting("FACEBOOK_GRAPH_VERSION", "v26.0"),
        "dialog_url": Setting(
            "FACEBOOK_DIALOG_URL", "https://www.facebook.com", simulated="/facebook/www"
        ),
        "base_url": Setting(
            "FACEBOOK_GRAPH_URL", "https://graph.facebook.com", simulated="/facebook/graph"
        ),
        # S256: bind the code to a challenge. Meta's pages describe that for OpenID Connect alone,
        # as "still in testing", and its dialog drops a challenge without the right `openid`.
        "pkce": Setting("FACEBOOK_PKCE", "none"),
        # Our own word, entered beside the webhook's address in the application's settings.
        "verify_token": Setting("FACEBOOK_VERIFY_TOKEN", try_out="try-out-facebook"),
    }

    @classmethod
    def api_version(cls, app: Mapping[str, Any]) -> Version | None:
        return Version(app["version"], VERSION_ENDS.get(app["version"]))

    # --- the health check -------------------------------------------------------------------------

    async def read_rights(self, account: Account) -> Sequence[str]:
        """List what the account's token may do now. AccessLost when it may do nothing any more."""
        token = await self._inspect_token(account.app, account.token)
        if not token.get("is_valid"):
            error = token.get("error", {})
            detail = error.get("message", "the token is not valid")
            raise AccessLost(detail, code=f"190/{error.get('subcode', '')}")
        return token.get("scopes", ())

    async def read_own_node(self, account: Account, fields: str) -> Any:
        """Read fields of the page or account itself. AccessLost where it is gone although the token
        is good.
        """
        try:
            return await self.call_api(account, account.external_id, params={"fields": fields})
        except Rejected as error:
            if error.code not in ABSENT_CODES:
                raise
            absent = error
        await self.read_rights(account)  # a dead token has an error of its own
        raise AccessLost(absent.detail, code="gone")

    async def _inspect_token(self, app: Mapping[str, Any], token: str) -> Any:
        """Ask what a token is good for. Its ``data_access_expires_at`` says nothing of publishing,
        so nobody reads it.
        """
        app_token = f"{app['app_id']}|{app['app_secret']}"
        answer = await self.call(
            "GET",
            self.url_of(app["base_url"], app, "debug_token"),
            params={"input_token": token, "appsecret_proof": make_app_secret_proof(app, app_token)},
            headers={"Authorization": f"Bearer {app_token}"},
            redact=(token, app["app_secret"]),
        )
        return answer["data"]

    # --- the consent dialog -----------------------------------------------------------------------

    @classmethod
    def consent_url(
        cls, app: Mapping[str, Any], *, redirect_uri: str, state: str, verifier: str
    ) -> str:
        return cls._consent_url(app, redirect_uri, state, verifier, cls.facts.rights)

    @classmethod
    def wider_consent_url(
        cls, app: Mapping[str, Any], *, redirect_uri: str, state: str, verifier: str
    ) -> str:
        """Ask also for the right to list pages that a Business portfolio holds: no other page
        needs it.
        """
        rights = [*cls.facts.rights, *cls.facts.optional_rights]
        return cls._consent_url(app, redirect_uri, state, verifier, rights)

    @classmethod
    def _consent_url(
        cls,
        app: Mapping[str, Any],
        redirect_uri: str,
        state: str,
        verifier: str,
        rights: Iterable[str],
    ) -> str:
        query = {
            "client_id": app["app_id"],
            "redirect_uri": redirect_uri,
            "state": state,
            "response_type": "code",
            "scope": ",".join(rights),
            # else a right that was declined once is never asked for again
            "auth_type": "rerequest",
        }
        if app["pkce"] != "none":
            query |= {
                "scope": ",".join([*rights, "openid"]),
                "code_challenge": make_s256_challenge(verifier),
                "code_challenge_method": "S256",
            }
        return f"{app['dialog_url']}/{app['version']}/dialog/oauth?{urlencode(query)}"

    async def list_pages(
        self,
        app: Mapping[str, Any],
        answer: Mapping[str, str],
        *,
        redirect_uri: str,
        verifier: str,
        fields: str,
    ) -> list[Any]:
        """Return the pages that a person's consent opens, each once. A page's ``rights`` are those
        granted for it, or for the account that it is linked to.
        """
        grant = {"code": answer.get("code", ""), "redirect_uri": redirect_uri}
        if app["pkce"] != "none":
            grant["code_verifier"] = verifier
        short = await self._request_tokens(app, **grant)
        long = await self._request_tokens(
            app, grant_type="fb_exchange_token", fb_exchange_token=short
        )
        me = Account(external_id="me", token=long, base_url=app["base_url"], app=app)
        permissions = (await self.call_api(me, "me/permissions"))["data"]
        granted = [
            permission["permission"]
            for permission in permissions
            if permission["status"] == "granted"
        ]
        ids_by_right = await self._read_ids_by_right(app, long)
        pages: dict[str, Any] = {}
        async for listed in self._iter_pages(me, granted, fields):
            page = pages.setdefault(str(listed["id"]), {})
            page |= {name: value for name, value in listed.items() if name not in page}
            page["rights"] = _select_rights(page, granted, ids_by_right)
        return list(pages.values())

    async def _request_tokens(self, app: Mapping[str, Any], **grant: str) -> str:
        url = self.url_of(app["base_url"], app, "oauth/access_token")
        answer = await self.request_token("POST", url, app, **grant)
        return answer["access_token"]

    async def _read_ids_by_right(self, app: Mapping[str, Any], token: str) -> dict[str, set[str]]:
        """Return for each right the ids of the pages or accounts for which it was granted. A right
        for all of them, or about neither, is left out.
        """
        scopes = (await self._inspect_token(app, token)).get("granular_scopes", ())
        return {
            scope["scope"]: set(map(str, scope["target_ids"]))
            for scope in scopes
            if "target_ids" in scope and scope["scope"].startswith(_SCOPES_OF_PAGES)
        }

    async def _iter_pages(
        self, me: Account, granted: Sequence[str], fields: str
    ) -> AsyncIterator[Any]:
        """Yield the person's own pages, which alone have ``tasks``, and, where we may see them,
        those that a Business holds.
        """
        params = {"fields": fields, "limit": "100"}
        own_params = {**params, "fields": f"{fields},tasks"}
        async for page in self.iter_rows(me, "me/accounts", own_params):
            yield page
        if "business_management" not in granted:
            return
        business_params = {"fields": "id", "limit": "100"}
        async for business in self.iter_rows(me, "me/businesses", business_params):
            for edge in ("owned_pages", "client_pages"):
                try:
                    async for page in self.iter_rows(me, f"{business['id']}/{edge}", params):
                        yield page
                except RightMissing:
                    continue  # the person is no administrator of this one
                except Rejected as error:
                    if error.code not in ABSENT_CODES:
                        raise

    def may_post(self, page: Mapping[str, Any]) -> bool:
        """Tell whether what was granted suffices to post. Where a page has no list of tasks, its
        token proves that the person may.
        """
        needed = {right for right, is_needed in self.facts.rights.items() if is_needed}
        has_task = not _TASKS_TO_POST.isdisjoint(page.get("tasks", _TASKS_TO_POST))
        return has_task and needed <= set(page["rights"]) and bool(page.get("access_token"))


def _select_rights(
    page: Mapping[str, Any], granted: Sequence[str], ids_by_right: Mapping[str, set[str]]
) -> list[str]:
    """Return the granted rights that cover the page, or the Instagram account linked to it."""
    linked = page.get("instagram_business_account", {}).get("id", "")
    ids = {str(page["id"]), str(linked)}
    return [right for right in granted if not ids.isdisjoint(ids_by_right.get(right, ids))]
