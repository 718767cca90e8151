from argparse import ArgumentTypeError
from collections.abc import Callable
from typing import Any
from uuid import UUID

from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from core.errors import Refused
from posts.models import Post
from retention import services
from retention.classes import RULES
from retention.models import Hold
from units.models import Unit

FAILED, BUSY = 1, 3


class Command(BaseCommand):
    help = (
        "Shows what has served its time and would be removed; --apply removes it, in batches, on "
        "record. Ends with 0 when all went well, 1 when something was refused or failed, 3 while "
        "another run is at work."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--apply", action="store_true", help="remove what the plan shows")
        parser.add_argument(
            "--class",
            dest="names",
            action="append",
            default=[],
            choices=[rule.name for rule in RULES],
            metavar="NAME",
            help="only this class; may be repeated: %(choices)s",
        )
        parser.add_argument("--holds", action="store_true", help="list the holds that stand")
        parser.add_argument(
            "--hold",
            type=_find_subject,
            metavar="post:ID|unit:KEY",
            help=(
                "nothing of this post, or of this unit and those below it, is removed "
                "until the hold is lifted"
            ),
        )
        parser.add_argument("--lift", type=UUID, metavar="HOLD", help="end a hold")
        parser.add_argument(
            "--reason",
            default="",
            help="of a hold or its end; with the number of the written order",
        )
        parser.add_argument("--operator", default="", help="the name of the person at this console")

    def handle(self, *_: object, **options: Any) -> None:
        try:
            self._act_of(options)(options)
        except services.AtWork as busy:
            raise CommandError(f"Nothing was done: {busy}.", returncode=BUSY) from None
        except Refused as refused:
            raise CommandError(f"Nothing was done: {refused}.", returncode=FAILED) from None

    def _act_of(self, options: dict[str, Any]) -> Callable[[dict[str, Any]], None]:
        acts = {"apply": self._apply, "holds": self._list, "hold": self._hold, "lift": self._lift}
        asked = [act for name, act in acts.items() if options[name]]
        if len(asked) > 1:
            raise CommandError("Ask for one of --apply, --holds, --hold and --lift.")
        return asked[0] if asked else self._plan

    def _plan(self, options: dict[str, Any]) -> None:
        planned = services.plan_removal(options["names"])
        self.stdout.write(f"{'class':18} {'due':>9}  {'oldest':16}  {'source':9}  kept")
        for entry in planned:
            oldest = f"{timezone.localtime(entry.oldest):%Y-%m-%d %H:%M}" if entry.oldest else "–"
            self.stdout.write(
                f"{entry.rule.name:18} {entry.count:9}  {oldest:16}  {entry.rule.source:9}  "
                f"{entry.rule.words}"
            )
        if holds := Hold.objects.count():
            self.stdout.write(
                f"{holds} holds stand; what they keep is not counted (--holds lists them)."
            )
        total = sum(entry.count for entry in planned)
        self.stdout.write(
            f"{total} due. Nothing was removed; --apply removes it. Rules: docs/data.md"
        )

    def _apply(self, options: dict[str, Any]) -> None:
        done = services.apply_rules(options["names"])
        for name, removed in done.removed.items():
            self.stdout.write(f"{name:18} {removed:9}")
        self.stdout.write(f"{sum(done.removed.values())} removed.")
        if done.failed:
            raise CommandError(
                f"Not all was removed, see the log: {', '.join(done.failed)}", returncode=FAILED
            )

    def _list(self, options: dict[str, Any]) -> None:
        for row in Hold.objects.select_related("post", "unit"):
            subject = f"unit:{row.unit.key}" if row.unit else f"post:{row.post.public_id}"
            since = f"{timezone.localtime(row.set_at):%Y-%m-%d}"
            self.stdout.write(f"{row.public_id}  {since}  {subject}  {row.operator}: {row.reason}")

    def _hold(self, options: dict[str, Any]) -> None:
        values = {name: options[name] for name in ("reason", "operator")}
        row = services.create_hold(**options["hold"], **values)
        self.stdout.write(f"Held: {row.public_id}")

    def _lift(self, options: dict[str, Any]) -> None:
        row = Hold.objects.filter(public_id=options["lift"]).first()
        if row is None:
            raise Refused("there is no such hold")
        services.lift_hold(row, reason=options["reason"], operator=options["operator"])
        self.stdout.write("Lifted.")


def _find_subject(text: str) -> dict[str, Any]:
    kind, _colon, name = text.partition(":")
    try:
        subjects = {
            "post": lambda: Post.objects.filter(public_id=name).first(),
            "unit": lambda: Unit.objects.filter(key=name).first(),
        }[kind]()
    except (KeyError, ValidationError):
        subjects = None
    if subjects is None:
        raise ArgumentTypeError(f"there is no {text}")
    return {kind: subjects}
