"""A picture that retention removes while the scanners look at it."""

import pytest

from core import jobs
from core.models import Job
from media import store
from media.models import Media
from media.scanners import examining
from media.scanners.examining import Examined, Finding
from media.scanners.models import Box, Scan
from tests import factories

pytestmark = pytest.mark.django_db
FACE = Finding("face", "face", "soft", 1000, 1000, 800, 1200)


@pytest.fixture
def waiting(settings):
    settings.SCAN_MEDIA = True
    row = factories.media(factories.UnitFactory())
    Scan.objects.filter(media=row).delete()
    return Scan.objects.create(media=row, job=factories.job("scan", "waiting"))


def test_what_was_found_in_a_removed_picture_is_stored_nowhere(waiting, monkeypatch, caplog):
    def examine(path, *, is_video, rules, report):
        assert store.remove_media(Media.objects.filter(pk=waiting.media_id)) == 1
        report(50)  # the job is still this worker's
        return Examined([FACE], [])

    monkeypatch.setattr(examining, "examine", examine)

    jobs.run_job(waiting.job_id)
    jobs.run_waiting("scan")

    assert Job.objects.get(pk=waiting.job_id).state == "done"
    assert not [model for model in (Media, Scan, Box) if model.objects.exists()]
    assert not [record for record in caplog.records if record.levelname == "ERROR"]


def test_a_picture_that_was_removed_before_its_turn_costs_nothing(waiting, monkeypatch):
    monkeypatch.setattr(examining, "examine", lambda *args, **options: pytest.fail("looked at"))
    store.remove_media(Media.objects.filter(pk=waiting.media_id))

    jobs.run_waiting("scan")

    job = Job.objects.get(pk=waiting.job_id)
    assert (job.state, job.error) == ("done", "")
