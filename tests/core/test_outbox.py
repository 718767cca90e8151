"""Letters wait in the database, go out once, and leave nothing behind; the broker learns nothing of
them.
"""

from datetime import timedelta

import pytest
from celery.signals import before_task_publish
from django.core import mail
from django.db import transaction
from django.utils import timezone

from accounts.models import Notice
from accounts.notices import notify
from accounts.people import invitations
from accounts.permissions import Role
from core import jobs, outbox, tasks
from core.models import Job, Letter
from retention.services import apply_rules
from tests import factories

pytestmark = pytest.mark.django_db(transaction=True)
SECRET = "https://portal.example/invitations/kJ9-once-only"


@pytest.fixture
def messages():
    """Collect what is handed to the broker, as it would be stored there."""
    seen = []

    def note(sender=None, body=None, headers=None, **_):
        seen.append(f"{sender} {headers} {body}")

    before_task_publish.connect(note)
    yield seen
    before_task_publish.disconnect(note)


def write(**fields):
    given = {"to": ["chi-huy@congan.example"], "subject": "Lời mời", "text": SECRET, **fields}
    return outbox.write_letters([given])[0]


def send(letter) -> bool:
    return jobs.run_job(letter.job_id)


def read(letter) -> Letter:
    return Letter.objects.get(pk=letter.pk)


def sent():
    return [(m.to, m.subject, m.body) for m in mail.outbox]


def test_a_message_names_a_letter_and_carries_nothing_of_it(messages):
    tasks.send_mail(to=["chi-huy@congan.example"], subject="Lời mời", text=SECRET)

    (message,) = messages
    assert message.startswith("core.tasks.run_job ")
    assert f"'job': {Letter.objects.get().job_id}" in message
    assert [secret in message for secret in ("once-only", "chi-huy", "Lời mời")] == [False] * 3


def test_an_invitations_link_never_reaches_the_broker(messages, monkeypatch):
    monkeypatch.setattr(invitations.secrets, "token_urlsafe", lambda *_: "kJ9-once-only")
    unit = factories.UnitFactory()
    invitations.send_invitations(
        [factories.person(Role.OFFICER, unit)], by=factories.person(Role.ADMINISTRATOR, unit)
    )

    assert "kJ9-once-only" in Letter.objects.get().text
    assert [message for message in messages if "kJ9" in message] == []
    assert len([message for message in messages if "run_job" in message]) == 1


def test_a_letter_is_emptied_once_it_is_sent():
    letter = write()

    tasks.run_job(job=letter.job_id)

    assert sent() == [(["chi-huy@congan.example"], "Lời mời", SECRET)]
    letter = read(letter)
    assert (letter.to, letter.subject, letter.text, letter.state) == ("", "", "", "done")


@pytest.mark.parametrize("again", [1, 2])
def test_a_message_that_comes_again_sends_nothing_again(again):
    letter = write()

    for _ in range(1 + again):
        tasks.run_job(job=letter.job_id)

    assert len(mail.outbox) == 1


def test_a_forged_message_sends_no_mail():
    tasks.run_job(job=4711, to=["victim@example.vn"], subject="Thông báo", text="Chuyển tiền ngay")

    assert mail.outbox == []
    assert "core.tasks.send_mail" not in tasks.run_job.app.tasks


def test_a_letter_whose_message_was_lost_is_swept_up():
    write()

    tasks.run_waiting_jobs(queue="mail")

    assert len(mail.outbox) == 1


def test_a_letter_that_is_under_way_is_not_taken_by_another(monkeypatch):
    letter, second = write(), []
    monkeypatch.setattr(outbox, "send_mail", lambda *_: second.append(send(letter)))

    assert send(letter) is True
    assert second == [False]


def test_a_mail_server_that_is_away_is_waited_for_and_in_the_end_given_up(monkeypatch, caplog):
    def refused(*_):
        raise ConnectionRefusedError("chi-huy@congan.example")

    monkeypatch.setattr(outbox, "send_mail", refused)
    letter, waits = write(), []
    for _ in range(outbox.MOST_TRIES):
        began = timezone.now()
        jobs.run_waiting("letter")
        waits.append(round((read(letter).job.run_at - began) / timedelta(minutes=1)))
        Job.objects.filter(state="waiting").update(run_at=began)

    assert waits[:7] == [1, 2, 4, 8, 16, 32, 60]
    letter = read(letter)
    assert (letter.job.attempts, letter.state, letter.text) == (outbox.MOST_TRIES, "failed", "")
    assert not send(letter)
    assert "chi-huy" not in caplog.text


def test_a_letter_of_a_worker_that_died_is_sent_after_its_lease(monkeypatch):
    letter = write()
    monkeypatch.setattr(outbox, "send_mail", lambda *_: (_ for _ in ()).throw(SystemExit))
    with pytest.raises(SystemExit):
        send(letter)
    monkeypatch.undo()

    now = timezone.now()
    assert jobs.run_waiting("letter", now=now + timedelta(minutes=4)).done == 0
    assert jobs.run_waiting("letter", now=now + timedelta(minutes=5)).done == 1


def test_a_letter_that_another_worker_has_sent_stays_as_it_is_told():
    letter = write()
    dead = jobs.claim(letter.job_id)
    Job.objects.update(leased_until=timezone.now() - timedelta(seconds=1))
    assert send(letter)

    for late in (lambda: outbox.send_letter(dead), dead.retry, dead.fail):
        with pytest.raises(jobs.JobLost):
            late()
    assert (read(letter).state, read(letter).job.attempts) == ("done", 2)


def test_what_ended_a_week_ago_is_forgotten():
    old, new = write(), write()
    send(old)
    Job.objects.filter(pk=old.job_id).update(ended_at=timezone.now() - timedelta(days=8))

    apply_rules(["letters"])

    assert list(Letter.objects.all()) == [new]


def test_a_letter_goes_with_the_act_or_not_at_all(messages):
    with transaction.atomic():
        tasks.send_mail(to=["a@congan.example"], subject="x", text="y")
        transaction.set_rollback(True)

    assert (Letter.objects.count(), messages) == (0, [])


def test_a_mail_repeats_no_title_and_nobodys_reason():
    person = factories.person(Role.OFFICER, factories.UnitFactory(), language="en")

    notify(
        [person],
        "post_returned",
        address="/posts/1/",
        by="Trần Lãnh Đạo",
        title="Vụ án 12",
        reason="Lộ tên nạn nhân",
    )

    letter, notice = Letter.objects.get(), Notice.objects.get()
    assert letter.subject == "Trần Lãnh Đạo returned “(see the portal)”: (see the portal)"
    assert letter.text.startswith(letter.subject)
    assert "/posts/1/" in letter.text
    assert notice.facts["title"] == "Vụ án 12"


def test_a_subject_is_one_line():
    assert write(subject="Một\nBcc: x@example.vn").subject == "Một Bcc: x@example.vn"
