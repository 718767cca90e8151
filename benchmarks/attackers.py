"""The hostile side of ``mixed_load`` and ``hostile``, in a process of its own: slow senders, a rush
of sign-ins, hostile uploads, and ``acts``, each by so many threads.

Reads facts as a line of JSON, then ``on`` and ``off`` lines. To ``off`` it answers, once nothing of
it is under way any more, with a line of what was answered since ``on``. Each act is done at least
once, however little of the processors is left over between ``on`` and ``off``.
"""

import contextlib
import functools
import itertools
import json
import os
import random
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

from benchmarks.browser import TOKEN, Browser

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
            f"20000\r\n\r\n"
        )
        while True:
            with (
                contextlib.suppress(OSError),
                self.browser(f"127.0.2.{number % 250 + 1}").connected() as line,
            ):
                line.sendall(head.encode())
                while True:
                    line.sendall(b"x")
                    self.answers["slow byte"] += 1
                    time.sleep(2)
                    if not self.on.is_set():
                        return
            if not self.on.is_set():
                return

    def sign_in(self, number: int) -> int | str:
        """Sign in and return the second status of the page: 302 is a success."""
        begun = time.monotonic()
        name = self.facts["accounts"][number % len(self.facts["accounts"])]
        browser = self.browser(f"127.0.{3 + number // 250 % 250}.{number % 250 + 1}")
        with contextlib.closing(browser):
            status, page = browser.ask("GET", "/accounts/login/")
            token = re.search(rb'name="csrfmiddlewaretoken" value="(\w+)"', page)
            if not token:
                return f"page {status}"
            form = {
                "login": name,
                "password": self.facts["password"],
                "csrfmiddlewaretoken": token[1].decode(),
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
                pool.submit(self.count, "sign-in", functools.partial(self.sign_in, next(_numbers)))
                due = begun + (number + 1) / self.facts["sign_ins"]
                time.sleep(max(0.0, due - time.monotonic()))
                if not self.on.is_set():
                    return

    def upload(self, turn: int) -> None:
        """Upload one kind of file after the other, as one person after the other."""
        kinds = [*self.files, *self.facts["texts"]]
        for number in itertools.count(turn):
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
            if not self.on.is_set():
                return

    # the acts of ``hostile``, by name; all by one officer or by strangers of a few addresses

    def go_on(
        self,
        kind: str,
        ask: Callable[[Browser], int],
        *,
        source: str,
        cookies: str = "",
        pause: float,
    ) -> None:
        """Ask again and again over one connection, as a script does."""
        browser = self.browser(source, cookies)
        with contextlib.closing(browser):
            while True:
                self.count(kind, lambda: ask(browser))
                time.sleep(pause)
                if not self.on.is_set():
                    return

    def send_marks(self, number: int) -> None:
        """Send marks above and below in turn, which Unicode sorts in quadratic time: 250,000, or as
        many as a form of 20 kB has room for, and those oftener.
        """
        path = ("/accounts/login/", "/language/")[number % 2]
        marks, pause = ((250_000, 20), (3_000, 0.2))[number // 2 % 2]
        form = {"login": "\u0301\u0323" * (marks // 2), "language": "vi", "password": "x"}
        body = urlencode({**form, "csrfmiddlewaretoken": TOKEN}).encode()
        self.go_on(
            f"{marks:,} marks",
            lambda browser: browser.ask("POST", path, body, kind=FORM)[0],
            source=f"127.0.4.{number + 1}",
            cookies=f"__Host-csrf={TOKEN}",
            pause=pause,
        )

    def announce(self, number: int) -> None:
        """Announce 1,100 MB of a form to a page that only officers have; send a share and then
        hardly anything.
        """
        head = (
            f"POST /posts/00000000-0000-0000-0000-00000000000{number % 10}/edit/ HTTP/1.1\r\n"
            f"Host: {self.facts['host']}\r\nContent-Type: {FORM}\r\n"
            f"Content-Length: {1_100 * 1024 * 1024}\r\n\r\n"
        )
        while True:
            answer = ""
            with (
                contextlib.suppress(OSError),
                self.browser("127.0.5.1").connected() as line,
            ):
                line.sendall(head.encode())
                for _piece in range(self.facts["announced_mb"]):
                    line.sendall(b"x" * 1024 * 1024)
                line.settimeout(2)
                with contextlib.suppress(TimeoutError):
                    # The proxy answers before the end, or waits for more.
                    answer = line.recv(15)[9:12].decode() or "closed"
                if not answer:
                    answer = "taken"
                    while self.on.is_set():
                        line.sendall(b"x")
                        time.sleep(2)
            self.answers[f"announced body {answer or 'closed'}"] += 1
            if not answer:
                time.sleep(1)
            if not self.on.is_set():
                return

    def reset_passwords(self, number: int) -> None:
        names = itertools.cycle(range(len(self.facts["accounts"])))
        self.go_on(
            "reset",
            lambda browser: browser.ask(
                "POST",
                "/accounts/password/reset/",
                urlencode(
                    {"email": f"{next(names):04}@congan.example", "csrfmiddlewaretoken": TOKEN}
                ).encode(),
                kind=FORM,
            )[0],
            source=f"127.0.6.{number + 1}",
            cookies=f"__Host-csrf={TOKEN}",
            pause=0.5,
        )

    def write_long_texts(self, number: int) -> None:
        """Check and save texts in many windows of one officer: as long as a form takes, or more."""
        post = self.facts["posts"][number % len(self.facts["posts"])]
        kind = ("check", "autosave")[number % 2]
        length = (99_000, 39_000)[number // 2 % 2]
        body = (f"Gọi số 09{number:02}345678 hoặc tài khoản 0123456789. " * 4000)[:length]
        self.go_on(
            f"{kind} of {length} characters",
            lambda browser: browser.send_form(post[kind], {"version": "1", "body": body})[0],
            source="127.0.7.1",
            cookies=self.facts["officers"][0],
            pause=0.1,
        )

    def search(self, number: int) -> None:
        queries = itertools.cycle(("lua dao", "phong chay", "cong an xa 1", "a", "%%%", "113"))
        self.go_on(
            "search",
            lambda browser: browser.ask("GET", f"/search/?{urlencode({'q': next(queries)})}")[0],
            source="127.0.7.2",
            cookies=self.facts["officers"][1],
            pause=0.1,
        )

    def export(self, number: int) -> None:
        self.go_on(
            "export",
            lambda browser: browser.ask("GET", "/calendar/export/")[0],
            source="127.0.7.3",
            cookies=self.facts["officers"][2],
            pause=0.5,
        )

    def guess_short_links(self, number: int) -> None:
        chosen = random.Random(number)
        letters = "abcdefghijkmnpqrstuvwxyz23456789"
        self.go_on(
            "guess",
            lambda browser: browser.ask("GET", f"/l/{''.join(chosen.choices(letters, k=7))}")[0],
            source=f"127.0.8.{number + 1}",
            pause=0.05,
        )

    # on and off

    def run(self) -> None:
        works = [(self.send_slowly, n) for n in range(self.facts["slow"])]
        works += [(self.upload, n) for n in range(self.facts["uploaders"])]
        for act, threads in self.facts.get("acts", {}).items():
            works += [(getattr(self, act), n) for n in range(threads)]
        running: list[threading.Thread] = []
        for line in sys.stdin:
            if line.strip() == "on":
                self.answers.clear()
                self.waits.clear()
                self.on.set()
                running = [threading.Thread(target=work, args=(n,)) for work, n in works]
                running.append(threading.Thread(target=self.rush))
                for attacker in running:
                    attacker.start()
            else:
                self.on.clear()
                for attacker in running:
                    attacker.join()
                print(json.dumps({"answers": self.answers, "waits": self.waits}), flush=True)


_numbers = itertools.count()

if __name__ == "__main__":
    # Their machines are elsewhere: on this one they get what of the processors is left over.
    os.sched_setscheduler(0, os.SCHED_IDLE, os.sched_param(0))
    socket.setdefaulttimeout(120)
    Attackers(json.loads(sys.stdin.readline())).run()
