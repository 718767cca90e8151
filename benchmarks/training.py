"""Count what a training installation sends to anything but its simulator: nothing, with live hosts
in its settings, live tokens in its rows and a live database before it.

    python -m benchmarks.training [--n 10000]

It publishes ``--n`` deliveries in a network of its own (``unshare``), whose only way out leads to
this program: each packet that would leave the machine is counted, a question for a name as well. A
third goes to the simulator; a third bears tokens that were sealed live, a sixth such that somebody
pasted into a form; the last sixth goes out while the settings name the platform's live host. Beat
and a worker for all queues run meanwhile, as in `make training`.

PostgreSQL runs outside of that network, and is reached by its socket.
"""

import argparse
import base64
import contextlib
import fcntl
import json
import os
import re
import secrets
import select
import shutil
import socket
import struct
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from benchmarks.servers import create_tables, wait_until
from scripts import local_postgresql

ROOT = Path(__file__).resolve().parents[1]
LIVE_HOSTS = {"telegram": "https://api.telegram.org", "zalo": "https://openapi.zalo.me"}
_SET_INTERFACE, _TUN, _BARE = 0x400454CA, 0x0001, 0x1000  # linux/if_tun.h
# Root as it is: of files that belong to PostgreSQL's user it would else have no right.
_UNSHARE = ["unshare", "-nm"] if os.geteuid() == 0 else ["unshare", "-rnm"]
_NAME_SERVER = "198.51.100.53"  # of no network: RFC 5737
_ICMPV6 = 58  # neighbours that the kernel looks for by itself
_SETTINGS = {
    "PORTAL_MODE": "training",
    "DJANGO_SETTINGS_MODULE": "outreach_portal.settings",
    "ENV_FILE": os.devnull,
    "REDIS_URL": "filesystem://localhost",
    "LOG_LEVEL": "ERROR",
    "PUBLISH_CLAIM_AHEAD_SECONDS": "1",
}


class WayOut:
    """The only way out of the network: an interface whose other end is this program."""

    def __init__(self) -> None:
        self.seen: Counter[str] = Counter()
        self.end = os.open("/dev/net/tun", os.O_RDWR)
        fcntl.ioctl(self.end, _SET_INTERFACE, struct.pack("16sH", b"out0", _TUN | _BARE))
        for command in (
            "link set lo up",
            "link set out0 addrgenmode none up",
            "addr add 192.0.2.2/24 dev out0",
            "-6 addr add 2001:db8::2/64 dev out0 nodad",
            "route add default dev out0",
            "-6 route add default dev out0",
        ):
            subprocess.run(["ip", *command.split()], check=True)
        threading.Thread(target=self._read, daemon=True).start()

    def _read(self) -> None:
        while True:
            select.select([self.end], [], [])
            packet = os.read(self.end, 65_536)
            if packet[0] >> 4 == 4:
                self.seen[socket.inet_ntoa(packet[16:20])] += 1
            elif _ICMPV6 not in (packet[6], packet[40]):  # the latter behind hop-by-hop options
                self.seen[socket.inet_ntop(socket.AF_INET6, packet[24:40])] += 1

    def prove(self) -> int:
        """Send what must be seen: a packet by each protocol, and a question for a name. Return how
        many there were, and begin anew.
        """
        for family, host in ((socket.AF_INET, "203.0.113.9"), (socket.AF_INET6, "2001:db8:1::9")):
            with socket.socket(family, socket.SOCK_DGRAM) as sender:
                sender.sendto(b"seen", (host, 9))
        os.environ["RES_OPTIONS"] = "timeout:1 attempts:1"
        with contextlib.suppress(OSError):
            socket.getaddrinfo("graph.facebook.com", 443)
        expected = {"203.0.113.9", "2001:db8:1::9", _NAME_SERVER}
        wait_until(lambda: expected <= set(self.seen), "the packets that prove the count")
        number = self.seen.total()
        self.seen.clear()
        return number


# --- inside ---------------------------------------------------------------------------------------


def publish(n: int, folder: Path) -> dict[str, Any]:
    """Publish ``n`` deliveries in training; return what became of them."""
    from benchmarks.rows import Rows
    from benchmarks.simulator import Simulator

    way_out = WayOut()
    proven = way_out.prove()
    with contextlib.ExitStack() as stack:
        simulator = Simulator(stack)
        os.environ["SIMULATOR_URL"] = simulator.url
        import django

        django.setup()
        from core import installation

        create_tables(os.environ["DATABASE_URL"])
        installation.mark_database()
        installation.refuse_foreign_database()
        result = {"refused": _count_refusals(), "proven": proven}
        rows = Rows(simulator)
        groups = _fill(rows, n)
        begun = time.monotonic()
        with _background():
            for made in groups.values():
                rows.deliver(made, time.time())
            ends = _wait_for_end()
        result |= {"seconds": time.monotonic() - begun, "packets": way_out.seen.total()}
    opened = _count_opened(groups["live_tokens"])
    return result | {"ends": ends, "opened": opened, "to": dict(way_out.seen)}


def _count_refusals() -> int:
    """Count the live hosts by which training does not start, and a restored live database."""
    from django.conf import settings
    from django.core.exceptions import ImproperlyConfigured

    from core import installation
    from core.models import Installation
    from outreach_portal import guard
    from platforms.registry import CONNECTORS

    refused = 0
    asked = {name: getattr(settings, name) for name in dir(settings) if name.isupper()}
    for platform, connector in CONNECTORS.items():
        for name, setting in connector.settings.items():
            if not name.endswith("_url"):
                continue
            changed = {**settings.PLATFORMS[platform], name: setting.real}
            platforms = {**settings.PLATFORMS, platform: changed}
            found = guard._ways_out({**asked, "PLATFORMS": platforms})
            refused += any(setting.variable in message for message in found)
    Installation.objects.update(kind=Installation.Kind.LIVE)
    with contextlib.suppress(ImproperlyConfigured):
        installation.refuse_foreign_database()
        raise SystemExit("a live database was taken")
    Installation.objects.update(kind=Installation.Kind.TRAINING)
    return refused + 1


def _fill(rows: Any, n: int) -> dict[str, list[Any]]:
    from django.conf import settings

    from channels.models import Channel
    from channels.queries import row_name
    from core import sealing

    groups = {
        "simulator": rows.fill("facebook", n // 3),
        "live_tokens": rows.fill("facebook", n // 3),
        "pasted_tokens": rows.fill("facebook", n // 6),
        "live_hosts": rows.fill("telegram", n - 2 * (n // 3) - n // 6),
    }
    for name in ("live_tokens", "pasted_tokens"):
        settings.TRAINING = name != "live_tokens"  # sealed as by a live one that has this key
        channels = [channel for row in groups[name] for channel in row.channels]
        for channel in channels:
            token = {"token": f"EAAG{secrets.token_hex(40)}"}
            channel.sealed = sealing.seal(token, row=row_name(channel))
        settings.TRAINING = True
        Channel.objects.bulk_update(channels, ["sealed"], batch_size=2000)
    for platform, host in LIVE_HOSTS.items():
        settings.PLATFORMS[platform]["base_url"] = host
    return groups


def _count_opened(rows: list[Any]) -> int:
    from channels import queries
    from core import sealing

    opened = 0
    for row in rows:
        with contextlib.suppress(sealing.Unsealable):
            queries.account_of(row.channels[0])
            opened += 1
    return opened


@contextlib.contextmanager
def _background() -> Iterator[None]:
    from outreach_portal import embedded

    embedded._make_broker_folders()
    background = embedded.Background()
    background.start()
    try:
        yield
    finally:
        background.stop()


def _wait_for_end() -> dict[str, int]:
    """Wait until each delivery has been tried; return how many are in which state, by platform."""
    from django.db.models import Count, Q

    from publishing.models import Delivery

    waiting = Q(attempt=0, state="scheduled") | Q(state__in=["claimed", "staged", "committing"])
    wait_until(
        lambda: not Delivery.objects.filter(waiting).exists(),
        "each delivery to be tried",
        seconds=1200,
    )
    ends = Delivery.objects.values("platform", "state", "error_code").annotate(n=Count("pk"))
    return {f"{row['platform']} {row['state']} {row['error_code']}": row["n"] for row in ends}


# --- outside --------------------------------------------------------------------------------------


def require_network() -> None:
    """End with the reason where no network can be made here."""
    os.environ["PATH"] += f"{os.pathsep}/usr/sbin"  # where `ip` lies, and not everybody looks
    for program in ("unshare", "ip"):
        if not shutil.which(program):
            raise SystemExit(f"benchmarks.training needs the program {program}.")
    test = subprocess.run([*_UNSHARE, "true"], capture_output=True, text=True)
    if test.returncode or not os.access("/dev/net/tun", os.R_OK | os.W_OK):
        raise SystemExit(
            "benchmarks.training needs a network of its own: user namespaces and /dev/net/tun. "
            f"{test.stderr.strip()}"
        )


def run_inside(n: int) -> dict[str, Any]:
    """Publish in a network of its own; return what was seen there."""
    require_network()
    with contextlib.ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="outreach-training-")))
        folder.chmod(0o711)  # as root the server runs as another user
        serving = local_postgresql.serving(folder / "data", log=folder / "log", durable=False)
        database = local_postgresql.make_database(stack.enter_context(serving), "portal")
        names = folder / "resolv.conf"
        names.write_text(f"nameserver {_NAME_SERVER}\n")
        own = {f"{name}_KEY{end}": _draw(size) for name, end, size in _KEYS}
        mount = f'mount --bind {names} "$(readlink -f /etc/resolv.conf)" && exec "$@"'
        inside = [sys.executable, "-m", "benchmarks.training", "--n", str(n), "--in", str(folder)]
        done = subprocess.run(
            [*_UNSHARE, "sh", "-c", mount, "sh", *inside],
            cwd=ROOT,
            env={
                **os.environ,
                **_SETTINGS,
                **own,
                "DATABASE_URL": database,
                "VAR_DIR": str(folder),
            },
            capture_output=True,
            text=True,
        )
        if done.returncode:
            raise SystemExit(done.stderr[-4000:])
        return json.loads(done.stdout.splitlines()[-1])


_KEYS = (
    ("SECRET", "", 64),
    ("CREDENTIAL", "S", 32),
    ("APPROVAL", "", 32),
    ("AUDIT_SIGNING", "", 32),
)


def _draw(size: int) -> str:
    return "training-" + base64.b64encode(secrets.token_bytes(size)).decode()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--n", type=int, default=10_000)
    parser.add_argument("--in", dest="folder", type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.folder:
        print(json.dumps(publish(options.n, options.folder)))
        return
    result = run_inside(options.n)
    ends = " ".join(f"{re.sub(' +', '_', key.strip())}={n}" for key, n in result["ends"].items())
    print(
        f"training n={options.n} packets={result['packets']} opened={result['opened']} "
        f"refused={result['refused']} proven={result['proven']} seconds={result['seconds']:.0f} "
        f"{ends} {result['to'] or ''}".rstrip()
    )


if __name__ == "__main__":
    main()
