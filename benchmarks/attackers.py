"""The hostile side of ``mixed_load``, in a process of its own: slow senders, a rush of sign-ins,
and hostile uploads.

Reads facts as a line of JSON, then ``on`` and ``off`` lines. To ``off`` it answers, once nothing of
it is under way any more, with a line of what was answered since ``on``.
"""

import contextlib
import functools
import itertools
import json
import re
import socket
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from http.client import HTTPException
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from benchmarks.browser import Browser

FORM = "application/x-www-form-urlencoded"


class Attackers:
    def __init__(self, facts: dict[str, Any]) -> None:
        self.facts = facts
        self.answers: Counter[str] = Counter()
        self.waits: list[float] = []  # of sign-ins
        self.on = threading.Event()
        self.files = {name: Path(path).read_bytes() for name, path in facts["files"].items()}

    def browser(self, source: str, cookies: str = "") -> Browser:
        return Browser(self.facts["port"], self.facts["host"], source=source, cookies=cookies)

    def count(self, kind: str, act: Callable[[], object]) -> None:
        try:
            answer = act()
        except (OSError, HTTPException) as error:
            answer = type(error).__name__
        self.answers[f"{kind} {answer}"] += 1

    # what they do while it is on

    def send_slowly(self, number: int) -> None:
        """Send a form byte by byte; when the proxy closes the connection, begin another one."""
        head = (
            f"POST /accounts/login/ HTTP/1.1\r\nHost: {self.facts['host']}\r\nOrigin: "
            f"https://{self.facts['host']}\r\n"
            f"Content-Type: {FORM}\r\nCookie: __Host-csrf={'c' * 32}\r\nContent-Length: "
            f"100000\r\n\r\n"
        )
        while self.on.is_set():
            with (
                contextlib.suppress(OSError),
                self.browser(f"127.0.2.{number % 250 + 1}").connected() as line,
            ):
                line.sendall(head.encode())
                while self.on.is_set():
                    line.sendall(b"x")
                    self.answers["slow byte"] += 1
                    time.sleep(2)

    def sign_in(self, number: int) -> int | str:
        """Sign in and return the second status of the page: 302 is a success."""
        begun = time.monotonic()
        name = self.facts["accounts"][number % len(self.facts["accounts"])]
        browser = self.browser(f"127.0.{3 + number // 250 % 250}.{number % 250 + 1}")
        with contextlib.closing(browser):
            status, page = browser.ask("GET", "/accounts/login/")
            found = re.search(rb'name="csrfmiddlewaretoken" value="(\w+)"', page)
            if not found:
                return f"page {status}"
            form = {
                "login": name,
                "password": self.facts["password"],
                "csrfmiddlewaretoken": found[1].decode(),
            }
            status, _page = browser.ask(
                "POST", "/accounts/login/", urlencode(form).encode(), kind=FORM
            )
        self.waits.append(time.monotonic() - begun)
        return status

    def rush(self) -> None:
        """Start so many requests a second whatever their results, as people do who do not know of
        each other.
        """
        with ThreadPoolExecutor(64) as pool:
            begun = time.monotonic()
            for number in itertools.count():
                time.sleep(max(0.0, begun + number / self.facts["sign_ins"] - time.monotonic()))
                if not self.on.is_set():
                    return
                pool.submit(self.count, "sign-in", functools.partial(self.sign_in, next(_numbers)))

    def upload(self, turn: int) -> None:
        """Upload one kind of file after the other, as one person after the other."""
        kinds = [*self.files, *self.facts["texts"]]
        for number in itertools.count(turn):
            if not self.on.is_set():
                return
            kind, post = (
                kinds[number % len(kinds)],
                self.facts["posts"][number % len(self.facts["posts"])],
            )
            cookies = self.facts["officers"][next(_numbers) % len(self.facts["officers"])]
            browser = self.browser(f"127.0.1.{turn + 1}", cookies)
            with contextlib.closing(browser):
                if kind in self.files:
                    self.count(
                        kind,
                        lambda b=browser, k=kind, p=post: b.send_file(p["upload"], self.files[k])[
                            0
                        ],
                    )
                else:
                    text = {"version": "1", **self.facts["texts"][kind]}
                    self.count(
                        kind, lambda b=browser, t=text, p=post: b.send_form(p["autosave"], t)[0]
                    )

    # on and off

    def run(self) -> None:
        works = [(self.send_slowly, n) for n in range(self.facts["slow"])]
        works += [(self.upload, n) for n in range(self.facts["uploaders"])]
        running: list[threading.Thread] = []
        for line in sys.stdin:
            if line.strip() == "on":
                self.answers.clear()
                self.waits.clear()
                self.on.set()
                running = [threading.Thread(target=work, args=(n,)) for work, n in works]
                running.append(threading.Thread(target=self.rush))
                for each in running:
                    each.start()
            else:
                self.on.clear()
                for each in running:
                    each.join()
                print(json.dumps({"answers": self.answers, "waits": self.waits}), flush=True)


_numbers = itertools.count()

if __name__ == "__main__":
    socket.setdefaulttimeout(120)
    Attackers(json.loads(sys.stdin.readline())).run()
