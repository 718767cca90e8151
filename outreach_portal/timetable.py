"""Celery's queues, which task goes to which, and beat's timetable. `settings.py` reads it."""

from collections.abc import Iterable
from typing import Any

from celery.schedules import crontab

# Beside the queue of each platform.
_QUEUES = ("upload", "recall", "reconcile", "channels", "counts", "scans", "mail", "maintenance")

ROUTES = {
    "publishing.tasks.prepare_due": {"queue": "upload"},
    "publishing.tasks.take_down": {"queue": "recall"},
    "publishing.tasks.reconcile_and_expire": {"queue": "reconcile"},
    "publishing.tasks.reconcile_unknown": {"queue": "reconcile"},
    "publishing.tasks.expire": {"queue": "reconcile"},
    "publishing.tasks.stop_leaks": {"queue": "reconcile"},
    "publishing.tasks.create_manual_tasks": {"queue": "reconcile"},
    "publishing.tasks.send_broadcasts": {"queue": "reconcile"},
    "publishing.tasks.read_back": {"queue": "reconcile"},
    "channels.tasks.*": {"queue": "channels"},
    "engagement.tasks.*": {"queue": "counts"},
    "media.scanners.tasks.*": {"queue": "scans"},
    "posts.editor.tasks.*": {"queue": "scans"},
}


# No tick expires: a worker would hold that against its own clock, and one that is fast would never
# work.
_FOR_ALL: dict[str, dict[str, Any]] = {
    "upload-videos": {"task": "publishing.tasks.prepare_due", "schedule": 5.0},
    "take-down-recalled-posts": {"task": "publishing.tasks.take_down", "schedule": 2.0},
    "reconcile-deliveries": {"task": "publishing.tasks.reconcile_and_expire", "schedule": 3.0},
    # Nothing late goes out meanwhile: a claim asks for the time, too.
    "expire-deliveries": {"task": "publishing.tasks.expire", "schedule": 10.0},
    "send-broadcasts": {
        "task": "publishing.tasks.send_broadcasts",
        "schedule": 10.0,
    },
    "stop-leaking-posts": {"task": "publishing.tasks.stop_leaks", "schedule": 60.0},
    "reset-factors": {
        "task": "accounts.tasks.reset_factors",
        "schedule": 60.0,
    },
    "announce-kits": {"task": "campaigns.kits.tasks.announce_kits", "schedule": 60.0},
    # Later hours of the day catch up when the first was missed.
    "send-weekly-digests": {
        "task": "oversight.tasks.send_digests",
        "schedule": crontab(minute=0, hour="7-18", day_of_week=1),
    },
    "remind-of-late-requests": {
        "task": "oversight.tasks.remind_of_late_matters",
        "schedule": crontab(minute=15, hour=8),
    },
    "watch": {"task": "operations.tasks.watch", "schedule": 30.0},
    **{
        f"serve-{queue}": {
            "task": "publishing.tasks.serve_queue",
            "schedule": 10.0,
            "kwargs": {"queue": queue},
            "options": {"queue": queue},
        }
        for queue in ("channels", "counts", "scans", "mail", "maintenance")
    },
    "fill-picture-looks": {
        "task": "media.library.tasks.fill_looks",
        "schedule": 300.0,
    },
    "queue-older-pictures": {
        "task": "media.scanners.tasks.queue_backlog",
        "schedule": 60.0,
    },
    "end-channel-grants": {
        "task": "channels.tasks.end_grants",
        "schedule": 10.0,
    },
    "process-inbox": {"task": "channels.tasks.process_inbox", "schedule": 5.0},
    "subscribe-to-platforms": {"task": "channels.tasks.subscribe", "schedule": 300.0},
    "check-channels": {
        "task": "channels.tasks.check_channels",
        "schedule": crontab(minute=10, hour=5),
    },
    "announce-ending-connections": {
        "task": "channels.tasks.announce_ends",
        "schedule": crontab(minute=40, hour=5),
    },
    "watch-second-approvals": {
        "task": "posts.review.tasks.watch_second_approvals",
        "schedule": 60.0,
    },
    "watch-approvers": {
        "task": "posts.review.tasks.watch_approvers",
        "schedule": 600.0,
    },
    "announce-ending-pictures": {
        "task": "posts.media_library.tasks.warn_of_ends",
        "schedule": crontab(minute=50, hour=6),
    },
    "drop-blurred-pictures": {
        "task": "posts.media_library.tasks.drop_blurred",
        "schedule": crontab(minute=20, hour=3),  # before what nothing shows is removed
    },
    "announce-ending-agreements": {
        "task": "campaigns.partners.tasks.warn_of_ends",
        "schedule": crontab(minute=55, hour=6),
    },
    "announce-ending-delegations": {
        "task": "accounts.tasks.watch_delegations",
        "schedule": crontab(minute=25, hour="7-18"),
    },
    "expire-appointments": {
        "task": "accounts.tasks.expire_pending_appointments",
        "schedule": crontab(minute=20),
    },
    # What has served its time leaves by night; what lives for minutes or hours and takes room, more
    # often.
    "apply-retention": {
        "task": "retention.tasks.apply",
        "schedule": crontab(minute=40, hour=3),
    },
    "sweep-cache": {
        "task": "retention.tasks.sweep",
        "schedule": 600.0,
        "kwargs": {"classes": ["cache", "connect-attempts"]},
    },
    "sweep-uploads": {
        "task": "retention.tasks.sweep",
        "schedule": crontab(minute=50),
        "kwargs": {"classes": ["uploads", "incoming", "spent-tickets", "exports"]},
    },
    "sign-checkpoint": {
        "task": "audit.tasks.make_checkpoint",
        "schedule": crontab(minute=5),
    },
    "collect-counts": {"task": "engagement.tasks.collect", "schedule": 20.0},
    "collect-page-counts": {"task": "engagement.tasks.collect_pages", "schedule": 60.0},
    "thin-counts": {
        "task": "engagement.tasks.thin_counts",
        "schedule": crontab(minute=10, hour="1-3"),
    },
    # Later hours of the day catch up when the first was missed.
    "draft-reports": {
        "task": "engagement.tasks.draft_reports",
        "schedule": crontab(minute=35, hour="4-6"),
    },
    "remind-of-reports": {
        "task": "engagement.tasks.remind_of_reports",
        "schedule": crontab(minute=20, hour=8),
    },
    "refresh-summaries": {
        "task": "engagement.tasks.refresh_rollups",
        "schedule": 60.0,
    },
}


def queues(platforms: Iterable[str]) -> dict[str, dict[str, str]]:
    names = [*(f"publish.{platform}" for platform in platforms), *_QUEUES]
    return {name: {"exchange": name, "routing_key": name} for name in names}


def schedule(platforms: Iterable[str]) -> dict[str, dict[str, Any]]:
    """Return beat's entries."""
    entries = dict(_FOR_ALL)
    for platform in platforms:
        of_platform = {"platform": platform}
        entries[f"publish-{platform}"] = {
            "task": "publishing.tasks.publish_due",
            "schedule": 1.0,
            "kwargs": of_platform,
            "options": {"queue": f"publish.{platform}"},
        }
        entries[f"refresh-{platform}-tokens"] = {
            "task": "channels.tasks.refresh_tokens",
            "schedule": 60.0,
            "kwargs": of_platform,
        }
        entries[f"check-{platform}-for-unrecognised-posts"] = {
            "task": "channels.tasks.check_for_unrecognised_posts",
            "schedule": 60.0,
            "kwargs": of_platform,
        }
        entries[f"read-{platform}-pages"] = {
            "task": "channels.tasks.read_pages",
            "schedule": 300.0,
            "kwargs": of_platform,
        }
    return entries
