"""An OpenID Connect server that can be told to lie: what a real one, such as oidc-provider-mock,
never says.
"""

import base64
import hashlib
import json
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, quote, urlsplit

from joserfc import jwt
from joserfc.jwk import RSAKey

CLIENT, SECRET = "cổng", "bí mật: 100% riêng"


class Ministry:
    def __init__(self) -> None:
        server = ThreadingHTTPServer(("127.0.0.1", 0), _Handler)
        server.daemon_threads = True
        server.ministry = self
        self.server = server
        self.url = f"http://127.0.0.1:{server.server_port}"
        self.keys = [RSAKey.generate_key(2048, {"kid": name, "use": "sig"}) for name in ("a", "b")]
        self.released = threading.Event()
        self.reset()
        threading.Thread(
            target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True
        ).start()

    def reset(self) -> None:
        self.released.set()
        self.released = threading.Event()
        self.asked: list[str] = []
        self.codes: dict[str, dict[str, str]] = {}
        self.published = [self.keys[0].as_dict(private=False)]
        self.lies: dict[
            str, object
        ] = {}  # by path: what is answered instead, a function of the handler
        self.changes: dict[
            str, object
        ] = {}  # claims beside or instead of the true ones; None takes one out
        self.token = None  # a function of the true claims that makes the token

    def stop(self) -> None:
        self.released.set()
        self.server.shutdown()
        self.server.server_close()

    def agree(self, address: str, subject: str = "s-1") -> dict[str, str]:
        """Sign somebody in on the page at ``address``, and return what their browser brings
        back.
        """
        query = {name: values[0] for name, values in parse_qs(urlsplit(address).query).items()}
        code = f"code-{len(self.codes)}-of-the-ministry"
        self.codes[code] = {**query, "subject": subject}
        return {"code": code, "state": query["state"]}

    def true_claims(self, asked: dict[str, str]) -> dict[str, object]:
        now = int(time.time())
        claims = {
            "iss": self.url,
            "sub": asked["subject"],
            "aud": CLIENT,
            "exp": now + 300,
            "iat": now,
            "auth_time": now,
            "nonce": asked["nonce"],
            "name": "Trần Thị Bình",
        }
        return {
            name: value for name, value in {**claims, **self.changes}.items() if value is not None
        }

    def sign(self, claims: dict[str, object], key: object = None, **header: object) -> str:
        return jwt.encode({"alg": "RS256", "kid": "a", **header}, claims, key or self.keys[0])

    def description(self) -> dict[str, str]:
        names = {
            "authorization_endpoint": "authorize",
            "token_endpoint": "token",
            "jwks_uri": "keys",
        }
        found = {name: f"{self.url}/{path}" for name, path in names.items()}
        return {"issuer": self.url, "end_session_endpoint": f"{self.url}/end", **found}


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        self._answer()

    def do_POST(self) -> None:
        self._answer()

    def log_message(self, *_: object) -> None:
        pass

    def _answer(self) -> None:
        ministry = self.server.ministry
        path = self.path.strip("/").split("/")[-1]
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0)).decode()
        ministry.asked.append(path)
        try:
            if lie := ministry.lies.get(path):
                lie(self)
            elif path == "openid-configuration":
                self.send(ministry.description())
            elif path == "keys":
                self.send({"keys": ministry.published})
            elif path == "token":
                self._give_token({name: values[0] for name, values in parse_qs(body).items()})
            else:
                self.send({}, status=404)
        except ConnectionError:
            pass  # the portal has gone away, as it should

    def _give_token(self, form: dict[str, str]) -> None:
        ministry = self.server.ministry
        asked = ministry.codes.pop(form["code"], None)
        digest = hashlib.sha256(form["code_verifier"].encode()).digest()
        pair = base64.b64encode(
            f"{quote(CLIENT, safe='')}:{quote(SECRET, safe='')}".encode()
        ).decode()
        if (
            asked is None
            or form["redirect_uri"] != asked["redirect_uri"]
            or asked["code_challenge_method"] != "S256"
            or base64.urlsafe_b64encode(digest).rstrip(b"=").decode() != asked["code_challenge"]
        ):
            return self.send({"error": "invalid_grant"}, status=400)
        if self.headers["Authorization"] != f"Basic {pair}":
            return self.send({"error": "invalid_client"}, status=401)
        make = ministry.token or ministry.sign
        self.send(
            {
                "access_token": "access",
                "token_type": "Bearer",
                "id_token": make(ministry.true_claims(asked)),
            }
        )

    def send(self, body: object, *, status: int = 200, **headers: str) -> None:
        raw = body if isinstance(body, bytes) else json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(raw)))
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.end_headers()
        self.wfile.write(raw)
