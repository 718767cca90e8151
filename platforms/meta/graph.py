"""Call the Graph API, which Meta's platforms have in common: the proof that goes with a call, the
error envelope, the usage headers, lists with cursors, and the upload host for videos.
"""

import hashlib
import hmac
import json
from collections.abc import AsyncIterator, Mapping
from datetime import datetime, timedelta
from typing import Any, ClassVar
from urllib.parse import quote

import aiohttp

from platforms.connector import Connector
from platforms.errors import ConnectorError, Rejected, TryLater
from platforms.http import is_own_host
from platforms.messages import Account, Message, Video
from platforms.meta.errors import ABSENT_CODES, COMMON_ERROR_KINDS, ErrorKind, make_error_of_kind
from platforms.redaction import redact


class Graph(Connector):
    """A connector that calls the Graph API."""

    # By "code/subcode" or "code"; what is not in it is refused for good.
    error_kinds: ClassVar[Mapping[str, ErrorKind]] = COMMON_ERROR_KINDS
    absent_codes: ClassVar[frozenset[str]] = ABSENT_CODES  # codes of what is gone
    signs_calls: ClassVar[bool] = True  # takes an appsecret_proof
    # How long one step goes on sending bytes.
    longest_step: ClassVar[timedelta] = timedelta(seconds=25)

    def __init__(self, session: aiohttp.ClientSession):
        super().__init__(session)
        self.usage: dict[str, int] = {}  # percent of a page's calls that are used, as last reported

    def url_of(self, base_url: str, app: Mapping[str, Any], path: str) -> str:
        return f"{base_url}/{app['version']}/{path}"

    async def call_api(
        self,
        account: Account,
        path: str,
        *,
        method: str = "GET",
        params: Mapping[str, str] | None = None,
        **request: Any,
    ) -> Any:
        """Call the interface in the account's name, and return the answer."""
        proof: dict[str, str] = {}
        if self.signs_calls:
            proof = {"appsecret_proof": make_app_secret_proof(account.app, account.token)}
        return await self.call(
            method,
            self.url_of(account.base_url, account.app, path),
            params={**(params or {}), **proof},
            headers={"Authorization": f"Bearer {account.token}"},
            redact=(account.token,),
            **request,
        )

    async def iter_rows(
        self, account: Account, path: str, params: Mapping[str, str]
    ) -> AsyncIterator[Any]:
        """Yield the rows of a list, asking for the next page only when it is read."""
        while True:
            answer = await self.call_api(account, path, params=params)
            for row in answer.get("data", ()):
                yield row
            paging = answer.get("paging", {})
            if "next" not in paging:
                return
            params = {**params, "after": paging["cursors"]["after"]}

    async def request_token(
        self, method: str, url: str, app: Mapping[str, Any], **grant: str
    ) -> Any:
        """Exchange a code or a token for a token; return the whole answer. By POST it goes as a
        form: addresses end up in logs of proxies.
        """
        fields = {"client_id": app["app_id"], "client_secret": app["app_secret"], **grant}
        secret_names = ("code", "code_verifier", "fb_exchange_token", "access_token")
        redact = (app["app_secret"], *(grant[name] for name in secret_names if name in grant))
        request: dict[str, Any] = {"data" if method == "POST" else "params": fields}
        return await self.call(method, url, redact=redact, timeout=20, **request)

    async def send_to_upload_host(
        self, account: Account, url: str, video: Video, start: int
    ) -> bool:
        """Send a video from ``start`` to the upload host, for as long as a step may last: the host
        keeps what came before a cut. Return True once it is whole there; else ask the platform how
        far it is before sending again.
        """
        if not is_own_host(url, account.base_url, self.upload_hosts):
            raise Rejected(
                "the platform named a host that is not its own for the upload", code="upload_host"
            )
        try:
            await self.call(
                "POST",
                url,
                timeout=self.longest_step.total_seconds(),
                redact=(account.token,),
                headers={
                    "Authorization": f"OAuth {account.token}",
                    "offset": str(start),
                    "file_size": str(video.size),
                    "Content-Type": "application/octet-stream",
                    "Content-Length": str(video.size - start),
                },
                data=self.read_pieces(video, start, video.size - start),
            )
        except TryLater as error:
            if error.silent or error.code in ("PartialRequestError", "OffsetInvalidError"):
                return False
            raise
        return True

    # --- errors and limits ------------------------------------------------------------------------

    def is_success(self, status: int, body: Any) -> bool:
        if status != 200 or not isinstance(body, dict):
            return False
        return "error" not in body and "debug_info" not in body and body.get("success") is not False

    def error_for(self, status: int, body: Any, *, writes: bool) -> ConnectorError:
        match body:
            case {"error": {"code": int(code)} as error}:
                return self._error_in_envelope(status, code, error, writes=writes)
            case {"debug_info": {"type": str(name)} as info}:
                # The upload host. Nothing is visible there, whatever it says.
                error_class = TryLater if info.get("retriable") else Rejected
                return error_class(str(info.get("message", name)), code=name)
            case {"error_message": str(detail), "code": int(code)}:
                # A refused code, on hosts of their own.
                return Rejected(detail, code=str(code))
        return super().error_for(status, body, writes=writes)

    def _error_in_envelope(
        self, status: int, code: int, error: Mapping[str, Any], *, writes: bool
    ) -> ConnectorError:
        user_message = redact(str(error.get("error_user_msg") or ""))
        detail = user_message or str(error.get("message") or f"code {code}")
        name = self._error_name(code, error.get("error_subcode"))
        kind = self.error_kinds.get(name, self.error_kinds.get(str(code), ErrorKind.REFUSED))
        # "Transient" tells that a repetition may work, not that nothing was posted: koala #699
        # doubled photos so.
        perhaps_done = status >= 500 or bool(error.get("is_transient"))
        return make_error_of_kind(kind, detail, name, writes=writes, perhaps_done=perhaps_done)

    def _error_name(self, code: int, subcode: object) -> str:
        """Return "code/subcode" where the pair has a meaning of its own, else the code."""
        pair = f"{code}/{subcode}"
        if pair in self.error_kinds or (code in (100, 190) and subcode):
            return pair
        return str(code)

    def wait_from_headers(self, headers: Mapping[str, str]) -> timedelta | None:
        minutes = [
            use.get("estimated_time_to_regain_access", 0)
            for uses in _parse_usage(headers).values()
            for use in uses
        ]
        if any(minutes):
            return timedelta(minutes=max(minutes))
        return super().wait_from_headers(headers)

    def record_usage(self, headers: Mapping[str, str]) -> None:
        for page, uses in _parse_usage(headers).items():
            shares = ("call_count", "total_cputime", "total_time")
            percents = (use.get(share, 0) for use in uses for share in shares)
            self.usage[page] = max(percents, default=0)


def _parse_usage(headers: Mapping[str, str]) -> dict[str, list[dict[str, Any]]]:
    try:
        return json.loads(headers.get("X-Business-Use-Case-Usage", "{}"))
    except ValueError:
        return {}


def make_app_secret_proof(app: Mapping[str, Any], token: str) -> str:
    """Return the proof that the caller knows the app's secret: a stolen token alone is worth
    nothing.
    """
    return hmac.new(app["app_secret"].encode(), token.encode(), hashlib.sha256).hexdigest()


def make_ai_label_fields(message: Message) -> dict[str, str]:
    """Return the field by which the platform labels a post as made with AI, where it was."""
    return {"is_ai_generated": "true"} if message.ai_made else {}


def make_path(node: str, edge: str = "") -> str:
    """Return the path of an object, or of one of its lists. An id stays one step, whatever it
    holds: with a slash or a question mark in it, a call about a comment would reach the page's own
    feed.
    """
    return f"{quote(node, safe='')}/{edge}".rstrip("/")


def parse_time(text: str) -> datetime:
    """Parse a time as the platform writes it: 2026-11-03T09:00:04+0000."""
    return datetime.fromisoformat(text)
