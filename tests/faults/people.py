"""People's actions in a run, through the real services, with a history of what they asked and were
answered.

An action whose answer was lost is asked again, as a person reloads the page; then its outcome is
"unknown", and only what the database holds in the end is judged.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from tests.faults.plan import Act, Plan
from tests.faults.processes import Portal
from tests.faults.world import MARK, World, words


@dataclass
class Event:
    """One act as it was asked and answered; times as the platform's and the database's clocks tell
    them.
    """

    kind: str
    started: float
    returned: float = 0.0
    outcome: str = ""  # ok, refused, unknown
    post: int = -1
    deliveries: list[int] = field(default_factory=list)
    facts: dict[str, Any] = field(default_factory=dict)


class People:
    def __init__(self, portal: Portal, world: World, plan: Plan, start: float):
        self.portal, self.world, self.plan, self.start = portal, world, plan, start
        self.history: list[Event] = []
        self.pauses: dict[int, Any] = {}
        self.resumed: dict[int, Act] = {}

    def do(self, act: Act) -> None:
        event = Event(act.kind, time.time(), post=act.post, facts=dict(act.facts))
        self.history.append(event)
        handler = getattr(self, f"_{act.kind.replace(' ', '_')}")
        self._persist(event, lambda: handler(act, event))

    def _persist(self, event: Event, ask: Callable[[], None]) -> None:
        from django.db import InterfaceError, OperationalError, connection

        from core.errors import NotAllowed, Refused

        lost = False
        while True:
            try:
                ask()
            except (OperationalError, InterfaceError):
                lost = True
                connection.close()
                time.sleep(0.3)
                continue
            except NotAllowed:
                raise  # a mistake of the run itself
            except Refused as why:
                event.outcome = "unknown" if lost else "refused"
                event.facts["why"] = str(why)
            else:
                event.outcome = "unknown" if lost else "ok"
            event.returned = time.time()
            return

    def _post(self, number: int) -> Any:
        from posts.models import Post

        return Post.objects.select_related("unit", "current_revision", "approved_revision").get(
            pk=self.world.post_pks[number]
        )

    def _place(self, number: int) -> Any:
        return self.world.places[self.plan.posts[number].place]

    def _one(self, act: Act) -> Any:
        """Return one of the post's deliveries, always the same for the same plan; None when there
        are none yet."""
        from publishing.models import Delivery

        found = list(
            Delivery.objects.filter(post=self.world.post_pks[act.post])
            .select_related("unit", "post", "channel", "revision")
            .order_by("platform", "pk")
        )
        return found[int(act.facts["which"] * len(found))] if found else None

    # --- acts -------------------------------------------------------------------------------------

    def _schedule(self, act: Act, event: Event) -> None:
        from publishing.scheduling import scheduling

        planned = self.plan.posts[act.post]
        due = _moment(max(self.start + planned.due, time.time() + 0.05))
        made = scheduling.schedule(
            self._post(act.post),
            by=self._place(act.post).officer,
            due_at=due,
            not_after=timedelta(seconds=planned.patience),
        )
        event.deliveries = [delivery.pk for delivery in made]

    def _cancel(self, act: Act, event: Event) -> None:
        from publishing.scheduling import scheduling

        if delivery := self._one(act):
            event.deliveries = [delivery.pk]
            scheduling.cancel(delivery, by=self._place(act.post).officer, reason="Hoãn")

    def _move(self, act: Act, event: Event) -> None:
        from publishing.scheduling import scheduling

        if delivery := self._one(act):
            event.deliveries = [delivery.pk]
            due = delivery.due_at + timedelta(seconds=act.facts["by"])
            scheduling.reschedule(delivery, by=self._place(act.post).officer, due_at=due)

    def _recall(self, act: Act, event: Event) -> None:
        from publishing.recalls import recalling

        if delivery := self._one(act):
            event.deliveries = [delivery.pk]
            recalling.recall(delivery, by=self._place(act.post).leader, reason="Sai số điện thoại")

    def _withdraw(self, act: Act, event: Event) -> None:
        from publishing.recalls import recalling

        event.deliveries = self._all(act.post)
        recalling.withdraw(
            self._post(act.post), by=self._place(act.post).leader, reason="Sai", take_down=True
        )

    def _recall_campaign(self, act: Act, event: Event) -> None:
        from publishing.models import Delivery
        from publishing.recalls import recalling

        world = self.world
        event.deliveries = list(
            Delivery.objects.filter(post__campaign=world.campaign).values_list("pk", flat=True)
        )
        recalling.recall_campaign(
            world.campaign, unit=world.top, by=world.overseer, reason="Dừng đợt"
        )

    def _all(self, post: int) -> list[int]:
        from publishing.models import Delivery

        return list(
            Delivery.objects.filter(post=self.world.post_pks[post]).values_list("pk", flat=True)
        )

    def _edit(self, act: Act, event: Event) -> None:
        """Write another text: the approval ends, the new version is approved by the leader and
        scheduled. Continues from wherever an answer was lost."""
        from posts.review import decisions
        from publishing.review import approval_and_time
        from publishing.scheduling import scheduling

        place, post = self._place(act.post), self._post(act.post)
        if "version" not in event.facts:
            event.facts["version"] = int(MARK.search(post.title)[2])
            event.deliveries = self._all(act.post)
        version = event.facts["version"] + 1
        if post.state == "approved" and f"V{version}Z" not in post.title:
            decisions.reopen(post, by=place.officer)
            # Here it is decided that the old text may not appear any more.
            event.facts["ended"] = time.time()
        if post.state == "draft":
            event.facts.setdefault("ended", time.time())
            self._write(post, act.post, version, place.officer)
        if post.state == "in_review":
            self.world.remember(act.post, version, post.current_revision.content)
            from posts.review.approvals import Method, Proof

            proof = Proof(Method.CODE, datetime.now(UTC), "0")
            approval_and_time.approve_and_schedule(
                post, post.current_revision, by=place.leader, proof=proof
            )
        if post.state == "approved" and f"V{version}Z" in post.title:
            due = _moment(time.time() + act.facts["again"])
            made = scheduling.schedule(
                self._post(act.post), by=place.officer, due_at=due, not_after=timedelta(seconds=900)
            )
            event.facts["made"] = [delivery.pk for delivery in made]

    @staticmethod
    def _write(post: Any, number: int, version: int, officer: Any) -> None:
        from posts.editor import saving
        from posts.editor.edits import ChannelEdit, MediaEdit, PostEdit, PostFields
        from posts.review import decisions

        title, body = words(number, version)
        if post.title != title:
            edit = PostEdit(
                PostFields(title=title, body=body, topic=post.topic, campaign=post.campaign),
                {
                    target.channel: ChannelEdit()
                    for target in post.targets.select_related("channel")
                },
                [MediaEdit(p.media, p.alt_text) for p in post.pictures.select_related("media")],
            )
            saved = saving.save(post, edit, by=officer, version=post.version)
            post.version, post.title, post.body = saved.version, saved.title, saved.body
        decisions.submit(post, by=officer)
        post.refresh_from_db()

    def _tamper(self, act: Act, event: Event) -> None:
        """Change an approved text, past the trigger that forbids it, as somebody with the
        database's own password."""
        from django.db import connection, transaction

        post = self._post(act.post)
        if post.approved_revision is None:
            return
        content = post.approved_revision.content
        for target in content["channels"]:
            for name in ("text", "html"):
                target[name] = (
                    target[name].replace("113", "0900").replace("Công an", "GIẢ MẠO Công an")
                )
        import json

        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("SET LOCAL session_replication_role = replica")
            cursor.execute(
                "UPDATE posts_revision SET content = %s WHERE id = %s",
                [json.dumps(content), post.approved_revision.pk],
            )
        event.deliveries = self._all(act.post)

    def _forge(self, act: Act, event: Event) -> None:
        """Publish words that nobody approved, as somebody who may write every row, and has no
        key.
        """
        import hashlib

        from django.db import transaction

        from posts.canonical import content
        from posts.models import Post, Review, Revision, Signature
        from publishing.models import Delivery

        post, place = self._post(act.post), self._place(act.post)
        old = post.approved_revision
        forged = old.content
        for target in forged["channels"]:
            for name in ("text", "html"):
                target[name] = target[name].replace("Công an", "GIẢ MẠO Công an")
        with transaction.atomic():
            revision = Revision.objects.create(
                post=post,
                number=old.number + 1,
                author=old.author,
                editor=old.editor,
                content=forged,
                content_sha256=content.digest(forged),
                created_at=old.created_at,
            )
            review = Review.objects.create(
                revision=revision,
                decision="approved",
                by=place.leader,
                position="Trưởng Công an phường",
                author=old.author,
                editor=old.editor,
                content_sha256=revision.content_sha256,
                decided_at=old.created_at,
            )
            signed = Signature.objects.get(review__revision=old)
            said = signed.statement.replace(str(old.public_id), str(revision.public_id))
            said = said.replace(old.content_sha256, revision.content_sha256)
            seal = hashlib.sha256(said.encode()).hexdigest()
            Signature.objects.create(
                review=review, statement=said, method=signed.method, key_id=signed.key_id, seal=seal
            )
            Post.objects.filter(pk=post.pk).update(
                current_revision=revision, approved_revision=revision
            )
            ours = Delivery.objects.filter(post=post, state="scheduled")
            ours.update(revision=revision, content_sha256=revision.content_sha256)
        event.deliveries = self._all(act.post)

    def _pause(self, act: Act, event: Event) -> None:
        from publishing.pauses import pausing

        facts, world = act.facts, self.world
        place = world.places[facts["place"]]
        wide = facts["scope"] == "province"
        if act.facts["number"] not in self.pauses:
            self.pauses[facts["number"]] = pausing.create_prepared(
                world.top if wide else place.unit,
                by=world.overseer if wide else place.leader,
                reason="Có sự cố",
                channel=place.channels[facts["platform"]] if facts["scope"] == "channel" else None,
                topic=world.topics[facts["topic"]]
                if facts["scope"] in ("topic", "province")
                else None,
            )
        pause = self.pauses[facts["number"]]
        pause.refresh_from_db()
        event.facts["pause"] = pause.pk
        if pause.started_at is None:
            pausing.start(pause, by=world.overseer if wide else place.leader)

    def _resume(self, act: Act, event: Event) -> None:
        from publishing.pauses import pausing

        self.resumed[act.facts["number"]] = act
        if pause := self.pauses.get(act.facts["number"]):
            pause.refresh_from_db()
            event.facts["pause"] = pause.pk
            wide = act.facts["scope"] == "province"
            by = self.world.overseer if wide else self.world.places[act.facts["place"]].leader
            pausing.end(pause, by=by)

    # --- what people do when the portal asks them -------------------------------------------------

    def look_after(self, *, again: bool) -> None:
        """Decide as an honest officer what only a person can see; check lost channels, as every
        morning; what ended without having been published is now and then scheduled ``again``."""
        self._decide()
        self._bring_back()
        self._end_late_pauses()
        if again:
            self._try_again()

    def _end_late_pauses(self) -> None:
        """End the pauses that began after somebody had come to end them: a person whose pause waits
        for a dead database is overtaken, and sees the banner afterwards."""
        from django.utils import timezone

        for number, act in list(self.resumed.items()):
            if pause := self.pauses.get(number):
                pause.refresh_from_db()
                if pause.lasts(timezone.now()):
                    self.do(act)

    def _decide(self) -> None:
        from core.errors import Refused
        from publishing.models import Delivery
        from publishing.reconciliation import verdicts
        from publishing.states import RECALL_TASKS

        asked = Delivery.objects.filter(state="needs_person").select_related(
            "unit", "post", "channel", "revision"
        )
        for delivery in asked:
            seen = self._on_page(delivery)
            if seen and delivery.error_code in RECALL_TASKS:
                self._take_down(delivery, seen)
                seen = self._on_page(delivery)
            event = Event(
                "decide", time.time(), deliveries=[delivery.pk], facts={"is_live": bool(seen)}
            )
            self.history.append(event)
            officer = next(p.officer for p in self.world.places if p.unit.pk == delivery.unit_id)
            decision = {"is_live": bool(seen), "permalink": seen["permalink"] if seen else ""}
            try:
                verdicts.decide(delivery, by=officer, **decision)
                event.outcome = "ok"
            except Refused as why:
                event.outcome, event.facts["why"] = "refused", str(why)
            event.returned = time.time()

    def _on_page(self, delivery: Any) -> dict | None:
        """Return what residents see of it on its page now, or None."""
        page = self.portal.simulator.truth(
            platform=delivery.platform, page=delivery.channel.external_id
        )
        mark = MARK.search(delivery.revision.content["title"])[0]
        return next((p for p in page if p["visible"] and mark in f"{p['title']} {p['text']}"), None)

    def _take_down(self, delivery: Any, seen: dict) -> None:
        """Delete the post by hand, in the platform's own app: past the faults that its interface
        has for us."""
        from channels.queries import account_of
        from platforms import client
        from platforms.errors import AccessLost, ConnectorError

        account = account_of(delivery.channel)
        ids = ",".join(map(str, seen["message_ids"])) if "message_ids" in seen else seen["id"]
        try:
            client.call(
                delivery.platform, lambda connector: connector.withdraw(account, ids), writes=True
            )
        except AccessLost:
            self._connect_again(
                delivery.channel
            )  # people sign in there with a password of their own
        except ConnectorError:
            pass  # again in a moment

    def _bring_back(self) -> None:
        from django.utils import timezone

        from channels.connection.health import check
        from channels.connection.tokens import refresh_due
        from channels.models import Channel

        lost = list(Channel.objects.filter(health="lost").select_related("unit"))
        for platform in {channel.platform for channel in lost}:
            check([channel for channel in lost if channel.platform == platform], now=timezone.now())
        for channel in Channel.objects.filter(pk__in=[row.pk for row in lost], health="lost"):
            self._connect_again(channel)
        refresh_due(now=timezone.now())

    def _connect_again(self, channel: Any) -> None:
        """Connect the channel again, as the last step of the consent dialog leaves it."""
        from django.utils import timezone

        from channels.connection.tokens import sealed_tokens
        from channels.models import Channel
        from platforms.messages import Tokens

        made = self.portal.simulator.ask(
            "/_sim/tokens", {"platform": channel.platform, "page": channel.external_id}
        )
        tokens = Tokens(
            made.get("access_token") or made["bot_token"], made.get("refresh_token", "")
        )
        back = {"health": "connected", "health_reason": "", "health_code": ""}
        Channel.objects.filter(pk=channel.pk).update(
            **back, **sealed_tokens(channel, tokens, now=timezone.now())
        )
        self.history.append(
            Event("connect again", time.time(), time.time(), "ok", facts={"channel": channel.pk})
        )

    def _try_again(self) -> None:
        from publishing.models import Delivery

        ended = Delivery.objects.filter(
            state__in=["failed", "expired", "cancelled"], post__state="approved"
        )
        for delivery in ended.select_related("unit", "post", "channel")[:50]:
            if (
                delivery.pk % 3
                or delivery.post.deliveries.filter(channel=delivery.channel).count() > 2
            ):
                continue
            live = delivery.post.deliveries.filter(channel=delivery.channel)
            if live.exclude(state__in=["failed", "expired", "cancelled", "recalled"]).exists():
                continue
            event = Event("again", time.time(), facts={"of": delivery.pk})
            self.history.append(event)
            self._persist(event, lambda d=delivery, e=event: self._again(d, e))

    def _again(self, delivery: Any, event: Event) -> None:
        from publishing.scheduling import scheduling

        officer = next(p.officer for p in self.world.places if p.unit.pk == delivery.unit_id)
        times = {delivery.channel: _moment(time.time() + 0.5)}
        made = scheduling.schedule(
            delivery.post, by=officer, times=times, not_after=timedelta(seconds=900)
        )
        event.deliveries = [row.pk for row in made]


def _moment(seconds: float) -> Any:
    from datetime import UTC, datetime

    return datetime.fromtimestamp(seconds, UTC)
