"""`make run`: the simulator and the portal, with sample content, until Ctrl-C. Run by
.venv/bin/python.

With the word ``training`` it is `make training`: a training installation on this machine alone,
with keys and a database of its own, beside a try-out that may run at the same time.

PORT and SIMULATOR_PORT choose the ports, VAR_DIR the folder that keeps the data (var/, or
var/training, unless given), DATABASE_URL an empty PostgreSQL database in place of a server of our
own.
"""

import contextlib
import fcntl
import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.error import URLError
from urllib.request import ProxyHandler, Request, build_opener

import local_postgresql
import psycopg2
from local_postgresql import Hindered

ROOT = Path(__file__).resolve().parent.parent
TRAINING = sys.argv[1:] == ["training"]
COMMAND = "make training" if TRAINING else "make run"
PORTS = (8200, 8300) if TRAINING else (8000, 8100)
_FOLDER = ROOT / "var" / "training" if TRAINING else ROOT / "var"
VAR = Path(os.environ.get("VAR_DIR", _FOLDER)).resolve()
LOGS = VAR / "log"
# What a shell may name of a live installation, and a training has of its own or not at all.
KEYS = (
    "SECRET_KEY",
    "SECRET_KEY_FALLBACKS",
    "CREDENTIAL_KEYS",
    "APPROVAL_KEY",
    "AUDIT_SIGNING_KEY",
)
WAYS_OUT = ("EGRESS_PROXY", "OIDC_ISSUER", "OIDC_CLIENT_ID", "OIDC_CLIENT_SECRET")
# Never through a proxy: both ends are on this machine.
OPENER = build_opener(ProxyHandler({}))
_watcher: subprocess.Popen


class Ended(BaseException):
    """A signal to stop arrived."""


def port(name: str, otherwise: int) -> int:
    text = os.environ.get(name, str(otherwise))
    if not text.isdigit() or not 0 < int(text) < 65536:
        raise Hindered(f"{name} is {text!r}; choose a number between 1 and 65535.")
    number = int(text)
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", number))
        except PermissionError:
            raise Hindered(
                f"Port {number} needs root; choose one above 1023: {name}=8080 {COMMAND}"
            ) from None
        except OSError:
            raise Hindered(
                f"Port {number} is in use, perhaps by another `{COMMAND}`: stop that one, "
                f"or choose another port: "
                f"{name}={number + 1} {COMMAND}"
            ) from None
    return number


def make_folders() -> None:
    try:
        LOGS.mkdir(parents=True, exist_ok=True)
        (VAR / "static").mkdir(exist_ok=True)
        (VAR / "writable").write_text("")
        (VAR / "writable").unlink()
    except OSError as error:
        raise Hindered(
            f"The folder {VAR} cannot be written ({error.strerror}): change its owner, or "
            f"name another one: "
            f"VAR_DIR=/path {COMMAND}"
        ) from None


@contextlib.contextmanager
def alone() -> Iterator[None]:
    """Keep a second run away from the folder: it would end this one's database."""
    with (VAR / "lock").open("a") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise Hindered(
                f"The folder {VAR} is in use by another `{COMMAND}`: stop that one, or name "
                f"another folder: VAR_DIR=/path {COMMAND}"
            ) from None
        yield


@contextlib.contextmanager
def database() -> Iterator[str]:
    """Return the address of the try-out's database: the one that DATABASE_URL names, else of a
    server of our own."""
    if address := os.environ.get("DATABASE_URL"):
        if not address.startswith(("postgres://", "postgresql://")):
            raise Hindered(
                "DATABASE_URL names no PostgreSQL (postgres://…): unset it, and the try-out starts "
                "a server of its own."
            )
        try:
            psycopg2.connect(address, connect_timeout=10).close()
        except psycopg2.Error as error:
            raise Hindered(
                f"The database that DATABASE_URL names does not answer: {str(error).strip()}\n"
                "Unset DATABASE_URL, and the try-out starts a server of its own."
            ) from None
        yield address
        return
    data = VAR / "postgresql"
    with local_postgresql.serving(data, log=LOGS / "postgresql.log") as server:
        watch(server.pid)
        yield local_postgresql.make_database(server, "portal")


def environment(portal: str, simulator: str, database: str) -> dict[str, str]:
    """Return the own settings of a try-out or training, whatever .env or the shell contain: it must
    never touch another installation's data. A DATABASE_URL is used only where its database is empty
    or its own (`manage.py try_out`).
    """
    sys.path.insert(0, str(ROOT))
    from platforms.registry import CONNECTORS

    asked = {
        setting.variable
        for connector in CONNECTORS.values()
        for setting in connector.settings.values()
    }
    # Else each program, and each that looks into a picture, compiles again what it imports.
    asked.add("PYTHONDONTWRITEBYTECODE")
    if TRAINING:
        asked |= {key for name in KEYS for key in (name, f"{name}_FILE")} | set(WAYS_OUT)
    kept = {name: value for name, value in os.environ.items() if name not in asked}
    return (
        kept
        | (make_keys() if TRAINING else {})
        | {
            "PORTAL_MODE": "training" if TRAINING else "try-out",
            "ENV_FILE": os.devnull,
            "VAR_DIR": str(VAR),
            "MEDIA_ROOT": str(VAR / "media"),
            "STATIC_ROOT": str(VAR / "static"),  # stays empty: files are served from where they lie
            "DATABASE_URL": database,
            "REDIS_URL": "filesystem://localhost",
            "PORTAL_URL": portal,
            "SIMULATOR_URL": simulator,
            "PYTHONUNBUFFERED": "1",
            "PYTHONUTF8": "1",
            "WAITS_FOR_LINE": "1",  # until `go_on`
        }
    )


def make_keys() -> dict[str, str]:
    """Make a training's own keys where there are none yet; return where each lies."""
    folder = VAR / "secrets"
    make = [str(ROOT / "deploy" / "secrets"), str(folder), "training"]
    run = subprocess.run(make, capture_output=True, text=True)
    if run.returncode:
        raise Hindered(
            f"The keys of the training could not be made in {folder}: {run.stderr.strip()}"
        )
    return {f"{name}_FILE": str(folder / name.lower()) for name in KEYS}


@contextlib.contextmanager
def running(name: str, command: list[str], env: dict[str, str]) -> Iterator[subprocess.Popen]:
    """Run a child in a session of its own, so that Ctrl-C reaches us alone and we stop the children
    in order.
    """
    with (LOGS / f"{name}.log").open("ab") as out:
        child = subprocess.Popen(
            command,
            cwd=ROOT,
            env=env,
            stdin=subprocess.PIPE,
            stdout=out,
            stderr=out,
            start_new_session=True,
        )
    watch(child.pid)
    try:
        yield child
    finally:
        child.terminate()
        try:
            child.wait(timeout=30)
        except subprocess.TimeoutExpired:
            os.killpg(child.pid, signal.SIGKILL)
            child.wait()


@contextlib.contextmanager
def watched() -> Iterator[None]:
    """End the children, too, when this program is killed: a shell reads their numbers, until the
    end of the line says so."""
    global _watcher
    script = 'while read -r pid; do pids="$pids $pid"; done; [ -z "$pids" ] || kill $pids'
    _watcher = subprocess.Popen(["sh", "-c", script], stdin=subprocess.PIPE, start_new_session=True)
    try:
        yield
    finally:
        _watcher.kill()
        _watcher.wait()


def watch(pid: int) -> None:
    os.write(_watcher.stdin.fileno(), f"{pid}\n".encode())


def go_on(child: subprocess.Popen) -> None:
    """Say that what the child waits for is there."""
    with contextlib.suppress(BrokenPipeError):  # it has ended; whoever waits for it says why
        os.write(child.stdin.fileno(), b"\n")


def wait_for(name: str, child: subprocess.Popen, address: str, *, seconds: int = 60) -> None:
    give_up = time.monotonic() + seconds
    while child.poll() is None and time.monotonic() < give_up:
        with contextlib.suppress(URLError, OSError), OPENER.open(f"{address}/healthz", timeout=5):
            return
        time.sleep(0.1)
    raise Hindered(
        f"The {name} did not start. Its last words:\n\n{last_words(name)}\nAll of them: "
        f"{LOGS}/{name}.log"
    )


def last_words(name: str) -> str:
    lines = (LOGS / f"{name}.log").read_text(errors="replace").splitlines()
    return "\n".join(f"    {line}" for line in lines[-12:])


def prepare(env: dict[str, str], *, meanwhile: Callable[[], None]) -> None:
    """Migrate the database; after ``meanwhile`` fill it once. Print each step."""
    command = [sys.executable, "manage.py", "try_out"]
    child = subprocess.Popen(
        command, cwd=ROOT, env=env, stdin=subprocess.PIPE, start_new_session=True
    )
    try:
        meanwhile()
        go_on(child)
        code = child.wait()
    except BaseException:
        child.terminate()
        child.wait()
        raise
    if code:
        raise Hindered(
            f"{'The training' if TRAINING else 'The try-out'} could not be prepared; the reason "
            f"stands above. To begin anew, remove the folder {VAR}."
        )


def introduce(portal: str, simulator: str) -> None:
    """Register the portal's webhooks at the simulated platforms, as a developer does at the real
    ones.
    """
    from platforms.registry import CONNECTORS

    for platform, connector in CONNECTORS.items():
        names = {"verify_token": "verify_token", "hook_secret": "secret"}
        texts = {
            names[name]: setting.try_out
            for name, setting in connector.settings.items()
            if name in names
        }
        body = json.dumps(
            {"platform": platform, "url": f"{portal}/hooks/{platform}/", **texts}
        ).encode()
        if platform != "telegram":  # whose bots say themselves where they listen
            OPENER.open(
                Request(f"{simulator}/_sim/webhooks", body, method="POST"), timeout=30
            ).close()


def announce(portal: str, simulator: str) -> None:
    signs = (VAR / "sign-ins.txt").read_text(encoding="utf-8")
    kind = (
        "TẬP HUẤN – không gì tới người dân / TRAINING – reaches no resident\n" if TRAINING else ""
    )
    print(f"""
  Cổng truyền thông Công an cơ sở · Outreach Portal
  {kind}
    Mở hệ thống / Open the portal        {portal}/
    Mã dùng một lần / One-time codes     {portal}/try-out/codes/
    Các trang mô phỏng / Simulated pages {simulator}/pages/
    Tạo sự cố / Make things go wrong     {simulator}/faults/
    Nhật ký, dữ liệu / Logs, data        {VAR}

{signs}
  Nhấn Ctrl-C để dừng; lần sau mọi thứ vẫn còn.  Press Ctrl-C to stop; nothing is lost.
""")


SIGNALS = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)


def end(*_: object) -> None:
    for number in SIGNALS:  # an impatient second one would leave programs behind
        signal.signal(number, signal.SIG_IGN)
    raise Ended


def main() -> int:
    for number in SIGNALS:
        signal.signal(number, end)
    try:
        portal_port, simulator_port = port("PORT", PORTS[0]), port("SIMULATOR_PORT", PORTS[1])
        if portal_port == simulator_port:
            raise Hindered("PORT and SIMULATOR_PORT are the same; choose two.")
        # By its name: browsers give a passkey to localhost, never to an address of numbers.
        portal, simulator = f"http://localhost:{portal_port}", f"http://127.0.0.1:{simulator_port}"
        make_folders()
        with contextlib.ExitStack() as stack:
            for context in (alone(), watched()):
                stack.enter_context(context)
            env = environment(portal, simulator, stack.enter_context(database()))
            simulate = [sys.executable, "-m", "simulator", "--port", str(simulator_port)]
            simulate += ["--state", str(VAR / "simulator.json"), "--public-url", simulator]
            serve = [sys.executable, "-m", "gunicorn"]
            serve += ["-c", "python:outreach_portal.embedded", "outreach_portal.wsgi"]
            # Side by side: the portal loads its modules while its database is filled.
            pages = stack.enter_context(running("simulator", simulate, env))
            own = env | {"PORT": str(portal_port)}
            web = stack.enter_context(running("portal", serve, own))
            prepare(env, meanwhile=lambda: wait_for("simulator", pages, simulator))
            go_on(web)
            wait_for("portal", web, portal)
            introduce(portal, simulator)
            announce(portal, simulator)
            while web.poll() is None and pages.poll() is None:
                time.sleep(0.5)
            name = "portal" if web.poll() is not None else "simulator"
            raise Hindered(f"The {name} stopped by itself. Its last words:\n\n{last_words(name)}")
    except Hindered as why:
        print(f"\n{why}", file=sys.stderr)
        return 1
    except Ended:
        print("\n  Đã dừng. Stopped.")
        return 0


if __name__ == "__main__":
    sys.exit(main())
