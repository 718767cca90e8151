"""Exit code 0 when this container's web process answers; the portal answers to its own name only."""

import os
import sys
from urllib.parse import urlsplit
from urllib.request import ProxyHandler, Request, build_opener

address = f"http://127.0.0.1:{os.environ.get('PORT', '8000')}/healthz"
request = Request(address, headers={"Host": urlsplit(os.environ["PORTAL_URL"]).netloc, "X-Forwarded-Proto": "https"})
with build_opener(ProxyHandler({})).open(request, timeout=5) as answer:
    sys.exit(answer.read() != b"ok")
