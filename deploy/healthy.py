"""Exit code 0 when this container's web process answers; the portal answers to its own name
only.
"""

import os
import ssl
import sys
from urllib.parse import urlsplit
from urllib.request import HTTPSHandler, ProxyHandler, Request, build_opener

address = f"127.0.0.1:{os.environ.get('PORT', '8000')}/healthz"
headers = {"Host": urlsplit(os.environ["PORTAL_URL"]).netloc, "X-Forwarded-Proto": "https"}
handlers = [ProxyHandler({})]
if tls := os.environ.get("WEB_TLS"):
    address = address.replace("127.0.0.1", "localhost", 1)  # as its certificate says
    context = ssl.create_default_context(cafile=f"{tls}/ca.pem")
    context.load_cert_chain(f"{tls}/server.pem", f"{tls}/server.key")
    handlers.append(HTTPSHandler(context=context))
request = Request(f"{'https' if tls else 'http'}://{address}", headers=headers)  # noqa: S310 -- one of these two
with build_opener(*handlers).open(request, timeout=5) as answer:
    sys.exit(answer.read() != b"ok")
