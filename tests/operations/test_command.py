"""The command that watches from another machine."""

import os
import time

import pytest
from django.core import mail
from django.core.management import call_command

from operations import alarms
from operations.models import Alarm
from publishing.states import State
from tests.operations.conftest import _no_database, ago, late

pytestmark = pytest.mark.django_db(transaction=True)


def test_the_command_ends_with_one_when_something_is_late(stuck, capsys):
    with pytest.raises(SystemExit) as ended:
        call_command("watch")
    assert ended.value.code == 1
    assert capsys.readouterr().out.startswith("stuck facebook since ")


def test_the_command_ends_with_nothing_when_only_officers_are_late():
    late(state=State.MANUAL, manual_deadline=ago(minutes=1))
    call_command("watch")
    assert Alarm.objects.count() == 1


def test_the_command_reports_once_that_the_database_is_gone_and_once_that_it_is_back(
    settings, tmp_path, monkeypatch
):
    settings.VAR_DIR = tmp_path
    working = alarms.update_alarms
    monkeypatch.setattr(alarms, "update_alarms", _no_database)
    for _ in range(3):
        with pytest.raises(SystemExit):
            call_command("watch")
        # Of now, also on a clock that is ahead: files bear the true time.
        os.utime(tmp_path / "watch-database-gone", (time.time(),) * 2)
    assert len(mail.outbox) == 1
    monkeypatch.setattr(alarms, "update_alarms", working)
    for _ in range(2):
        call_command("watch")
    assert len(mail.outbox) == 2
