import time
from importlib import import_module

import pytest
from celery import Celery

from outreach_portal.celery import app

pytestmark = pytest.mark.embedded


def test_beat_does_not_spin_between_rings(tmp_path, monkeypatch):
    module, name = app.conf.beat_scheduler.split(":")
    scheduler_class = getattr(import_module(module), name)
    rings = []
    monkeypatch.setattr(scheduler_class, "apply_entry", lambda self, entry, producer=None: rings.append(entry.name))
    house = Celery("bells", set_as_current=False)
    house.conf.beat_schedule = {name: {"task": "ring", "schedule": 0.3} for name in ("first", "second", "third")}
    scheduler = scheduler_class(app=house, schedule_filename=str(tmp_path / "beat"))
    ticks = 0
    while len(rings) < 30:
        pause = scheduler.tick()
        ticks += 1
        if pause and pause > 0:  # as celery.beat.Service does
            time.sleep(pause)
    scheduler.close()
    assert set(rings) == {"first", "second", "third"}
    assert ticks <= 3 * len(rings)
