"""As little of a browser as a benchmark needs: one connection to the proxy, cookies, forms."""

import socket
import ssl
from http.client import HTTPSConnection, RemoteDisconnected

TOKEN = "a" * 32
_BOUNDARY = "outreach-benchmark"
# Whoever signed the proxy's certificate.
_context = ssl.create_default_context()
_context.check_hostname, _context.verify_mode = False, ssl.CERT_NONE


class Browser:
    def __init__(
        self, port: int, host: str, *, source: str = "127.0.0.1", cookies: str = ""
    ) -> None:
        self.host = host
        self.source = source
        self.port = port
        self.cookies = dict(cookie.split("=", 1) for cookie in cookies.split("; ") if cookie)
        self._line: HTTPSConnection | None = None

    def connected(self) -> ssl.SSLSocket:
        plain = socket.create_connection(
            ("127.0.0.1", self.port), timeout=60, source_address=(self.source, 0)
        )
        return _context.wrap_socket(plain, server_hostname=self.host)

    def close(self) -> None:
        if self._line:
            self._line.close()
        self._line = None

    def ask(
        self, method: str, path: str, body: bytes | None = None, *, kind: str = ""
    ) -> tuple[int, bytes]:
        """Return status and body, over a kept connection, or a new one when the proxy has closed
        it.
        """
        was_kept = self._line is not None
        if self._line is None:
            self._line = HTTPSConnection(self.host, self.port, context=_context, timeout=120)
            self._line.sock = self.connected()
        headers = {
            "Host": self.host,
            "Cookie": "; ".join(f"{name}={value}" for name, value in self.cookies.items()),
        }
        if method == "POST":
            headers |= {"Origin": f"https://{self.host}", "Content-Type": kind}
        try:
            self._line.request(method, path, body, headers)
            answer = self._line.getresponse()
            content = answer.read()
        except RemoteDisconnected:
            self.close()
            if was_kept and method == "GET":  # the proxy had closed it; browsers ask again, too
                return self.ask(method, path, body, kind=kind)
            raise
        except BaseException:
            self.close()
            raise
        for line in answer.headers.get_all("Set-Cookie") or []:
            name, _, rest = line.partition("=")
            self.cookies[name] = rest.partition(";")[0]
        if answer.will_close:
            self.close()
        return answer.status, content

    def send_form(
        self, path: str, form: dict[str, str], file: bytes | None = None
    ) -> tuple[int, bytes]:
        parts = [
            (
                f'--{_BOUNDARY}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'
            ).encode()
            for name, value in {**form, "csrfmiddlewaretoken": TOKEN}.items()
        ]
        if file is not None:
            head = (
                f'--{_BOUNDARY}\r\nContent-Disposition: form-data; name="file"; '
                f'filename="a.jpg"\r\n'
            )
            parts += [
                f"{head}Content-Type: application/octet-stream\r\n\r\n".encode(),
                file,
                b"\r\n",
            ]
        body = b"".join([*parts, f"--{_BOUNDARY}--\r\n".encode()])
        return self.ask("POST", path, body, kind=f"multipart/form-data; boundary={_BOUNDARY}")

    def send_file(self, path: str, file: bytes) -> tuple[int, bytes]:
        return self.send_form(path, {}, file)
