"""Recall: a campaign that stands on many pages is taken down everywhere by one act, at 200 ms of
the platform.

    python -m benchmarks.recall [--n 3321]

Seconds count from the moment the act begins. `act` is its commit, `p95_gone` when residents no
longer saw 95 % of the posts and `gone` when they saw none, both as the simulator saw it. The floor
is a bare loop (`stage.Bare`) that deletes as many posts by id and does nothing else. The portal
also asks after each page whether the post is gone.
"""

import argparse
import sys
import time
from datetime import date, timedelta

from benchmarks.servers import wait_until
from benchmarks.simulator import LATENCY_MS, Bare
from benchmarks.stage import Stage, at, run


def gone_after(stage: Stage, pages: list[dict], begun: float) -> list[float]:
    posts = stage.simulator.truth("facebook", pages)
    return [
        post["intervals"][-1]["gone_at"] - begun
        for post in posts
        if post["intervals"][-1]["gone_at"]
    ]


def floor(stage: Stage, n: int) -> list[float]:
    pages = stage.simulator.pages("facebook", n)

    async def rounds(bare: Bare) -> float:
        drafts = await bare.stage()
        await bare.show(drafts, time.time())
        begun = time.time()
        await bare.remove(drafts, begun)
        return begun

    return gone_after(stage, pages, Bare(stage.simulator, pages).run(rounds))


def portal(stage: Stage, n: int) -> tuple[float, list[float]]:
    from campaigns.models import Campaign
    from publishing.recalls import recalling

    today = date.today()
    campaign = Campaign(unit=stage.rows.top, name="Chiến dịch", created_by=stage.rows.user)
    campaign.starts_on, campaign.ends_on = today, today + timedelta(days=30)
    campaign.save()
    stage.start_portal()
    pages = stage.simulator.pages("facebook", n)
    rows = stage.rows.fill("facebook", n, pages=pages, campaign=campaign)
    stage.rows.deliver(rows, time.time())
    stage.wait_for_end()
    stage.vacuum_database()
    begun = time.time()
    recalling.recall_campaign(
        campaign,
        unit=stage.rows.top,
        by=stage.rows.user,
        reason="Số điện thoại trong bài không đúng",
    )
    act = time.time() - begun
    wait_until(lambda: not _left(), "all posts to be taken down", seconds=300, every=0.5)
    return act, gone_after(stage, pages, begun)


def _left() -> bool:
    from publishing.models import Delivery

    return Delivery.objects.filter(state="recalling").exists()


def options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--n", type=int, default=3321)


def measure(stage: Stage, options: argparse.Namespace) -> str:
    n = options.n
    stage.simulator.latency(facebook=LATENCY_MS)
    bare = at(floor(stage, n), 0.95)
    act, gone = portal(stage, n)
    p95 = at([*gone, *[float("inf")] * (n - len(gone))], 0.95)
    return (
        f"recall n={n} gone={len(gone)} act={act:.2f} p95_gone={p95:.2f} all_gone={max(gone):.2f} "
        f"floor={bare:.2f} ratio={p95 / bare:.2f}"
    )


if __name__ == "__main__":
    run(sys.modules[__name__])
