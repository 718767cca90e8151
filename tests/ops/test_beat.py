from importlib import import_module

from celery import Celery
from celery.beat import Service

from outreach_portal.celery import app


def test_beat_does_not_spin_between_ticks(tmp_path):
    module, name = app.conf.beat_scheduler.split(":")
    entries, ticks = [], []

    class Watched(getattr(import_module(module), name)):
        def tick(self, *args, **kwargs):
            ticks.append(1)
            return super().tick(*args, **kwargs)

        def apply_entry(self, entry, producer=None):
            entries.append(entry.name)
            if len(entries) == 30:
                service._is_shutdown.set()

    house = Celery("bells", set_as_current=False)
    house.conf.beat_schedule = {
        name: {"task": "ring", "schedule": 0.3} for name in ("first", "second", "third")
    }
    service = Service(house, schedule_filename=str(tmp_path / "beat"), scheduler_cls=Watched)
    service.start()

    assert set(entries) == {"first", "second", "third"}
    assert len(ticks) <= 3 * len(entries)
