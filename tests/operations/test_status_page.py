"""The operators' page: what is wrong and what to do, and the two acts that stop and release
publishing.
"""

import io
from datetime import timedelta
from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone
from django.utils.html import strip_tags
from openpyxl import load_workbook

from accounts.permissions import Role
from operations import presenters
from operations.models import Alarm
from publishing.freeze import freezing
from publishing.freeze.heartbeats import _heartbeats, record_heartbeat
from publishing.models import Freeze, Heartbeat
from publishing.states import State
from tests import factories

pytestmark = pytest.mark.django_db
STATUS = "operations:status"


@pytest.fixture
def boss(client, settings):
    top = factories.ministry()
    freezing.check_database()
    _heartbeats.clear()
    for queue in settings.CELERY_TASK_QUEUES:
        record_heartbeat(queue)
    user = factories.person(Role.ADMINISTRATOR, top)
    client.force_login(user)
    return user


def page(client, **headers):
    return client.get(reverse(STATUS), headers=headers)


def speaking(settings, **versions):
    return {
        kind: {**app, "version": versions.get(kind, "")} for kind, app in settings.PLATFORMS.items()
    }


def test_it_says_that_nothing_is_late(client, boss):
    shown = page(client)
    assert shown.status_code == 200
    assert "The portal does its work" in shown.text
    assert "No alarm so far" in shown.text


def test_an_operator_without_a_post_begins_on_this_page_and_has_a_way_to_the_admin(client, boss):
    operator = factories.operator()
    client.force_login(operator)

    assert client.get("/")["Location"] == reverse(STATUS)
    shown = page(client)

    assert shown.status_code == 200
    administration = reverse("accounts:system_changes")
    assert f'href="{administration}"' in shown.text
    assert f'href="{reverse("admin:index")}"' in client.get(administration).text
    assert reverse("operations:freeze") not in shown.text
    assert client.get(reverse("operations:freeze")).status_code == 403
    client.force_login(factories.person(Role.OVERSEER))
    assert page(client).status_code == 403


def test_the_lists_of_the_admin_have_vietnamese_names(client, settings):
    client.force_login(factories.operator())
    client.cookies[settings.LANGUAGE_COOKIE_NAME] = "vi"

    shown = client.get(reverse("admin:index")).text

    assert "Topics" not in shown
    assert "Entrys" not in shown
    assert "Nhật ký" in shown
    people = client.get(reverse("admin:accounts_user_changelist")).text
    assert "đang sử dụng" in people.lower()
    assert "đang tạm dừng" not in people.lower()  # what an active pause is called
    assert "superuser" not in strip_tags(people.partition("<main")[2]).lower()


def test_it_says_which_version_each_platform_is_spoken_in_and_until_when(client, boss, settings):
    settings.PLATFORMS = speaking(settings, facebook="v26.0", instagram="v99.0")
    shown = page(client).text

    assert "Version v26.0 of the interface, until 04/11/2028" in shown
    assert "Version v99.0 of the interface; its end is not known" in shown


def test_a_version_that_ends_soon_is_no_alarm_but_stands_there_with_what_to_do(
    client, boss, settings
):
    settings.PLATFORMS = speaking(settings, facebook="v20.0")
    shown = page(client).text

    assert "The portal does its work; something ends soon" in shown
    assert 'id="version"' in shown
    assert "FACEBOOK_GRAPH_VERSION" in shown


def test_each_sign_stands_there_with_what_to_do_and_nothing_of_a_unit(client, boss):
    delivery = factories.delivery(due_at=timezone.now() - timedelta(minutes=5))
    Heartbeat.objects.filter(queue="publish.facebook").update(
        last_seen_at=timezone.now() - timedelta(minutes=4)
    )
    shown = page(client).text
    assert "2 alarms need you now" in shown
    for kind, key in [("late", "facebook"), ("silent", "publish.facebook")]:
        assert f'id="{kind}"' in shown
        assert presenters.describe_title(kind, key) in shown
        assert presenters.describe_remedy(kind, key)[-1] in shown
    assert delivery.post.title not in shown
    assert delivery.unit.name not in shown


def test_each_queue_says_when_its_process_began(client, boss):
    began = timezone.now() - timedelta(hours=3)
    Heartbeat.objects.filter(queue="reconcile").update(started_at=began)

    shown = client.get(reverse("operations:work"))

    lines = {line.name: line for line in shown.context["queues"]}
    assert lines[presenters.describe_queue("reconcile")].started == began
    assert "process begun" in shown.text


def test_the_work_asks_for_itself_again_and_gets_its_part_alone(client, boss):
    part = client.get(
        reverse("operations:work"), headers={"hx-request": "true", "x-by-itself": "1"}
    ).text

    assert part.strip().startswith('<div id="now"')
    assert f'hx-get="{reverse("operations:work")}"' in part


def test_who_may_not_watch_sees_no_work(client):
    client.force_login(factories.person(Role.APPROVER))

    assert client.get(reverse("operations:work")).status_code == 403


def test_several_silent_queues_stand_there_once(client, boss):
    queues = ["publish.facebook", "reconcile", "recall"]
    Heartbeat.objects.filter(queue__in=queues).update(
        last_seen_at=timezone.now() - timedelta(minutes=4)
    )

    shown = page(client)

    assert [problem["kind"] for problem in shown.context["wrong"]] == ["silent_queues"]
    assert "1 alarm needs you now" in shown.text
    work = client.get(reverse("operations:work")).text
    assert work.count(f'href="{reverse(STATUS)}#silent_queues"') == 3


def test_the_head_waits_for_the_end_of_an_alarm_before_it_says_that_all_is_well(client, boss):
    now = timezone.now()
    alarm = Alarm.objects.create(kind="silent", key="reconcile", opened_at=now, seen_at=now)

    assert page(client).context["verdict"]["tone"] == "yellow"
    assert "has just recovered and is being watched" in page(client).text
    Alarm.objects.filter(pk=alarm.pk).update(closed_at=now)
    assert page(client).context["verdict"]["tone"] == "green"


def test_what_officers_owe_is_no_alarm_of_the_machine(client, boss):
    hour = timezone.now() - timedelta(hours=1)
    factories.delivery(
        state=State.MANUAL, due_at=hour, manual_deadline=hour + timedelta(minutes=30)
    )
    assert "officers are late with theirs" in page(client).text


def test_the_latest_alarms_show_how_long_they_lasted(client, boss):
    now = timezone.now()
    for minutes in range(25):
        Alarm.objects.create(
            kind="late",
            key="zalo",
            opened_at=now - timedelta(days=1, minutes=minutes),
            closed_at=now - timedelta(days=1) + timedelta(minutes=75),
        )
    shown = page(client).text
    assert shown.count("Posts for Zalo OA are late") == 20
    assert "1 h 15 min" in shown


def test_htmx_gets_only_what_moves_and_news_only_when_there_is_some(client, boss):
    first = page(client, hx_request="true").text
    assert "<html" not in first
    assert "The last 24 hours" not in first
    assert (
        "hx-swap-oob"
        not in client.get(f"{reverse(STATUS)}?seen=", headers={"hx-request": "true"}).text
    )
    factories.delivery(due_at=timezone.now() - timedelta(minutes=5))
    news = client.get(f"{reverse(STATUS)}?seen=", headers={"hx-request": "true"}).text
    assert "1 alarm needs you now" in news
    assert 'hx-swap-oob="innerHTML:#wrong"' in news


def test_a_page_that_updates_itself_does_not_keep_the_session_alive(client, boss, settings):
    settings.SESSION_IDLE_SECONDS = 100
    page(client)
    session = client.session
    session["seen"] -= 90
    session.save()
    page(client, hx_request="true", x_by_itself="1")
    assert client.session["seen"] == session["seen"]
    page(client)
    assert client.session["seen"] > session["seen"]


def test_it_says_by_kind_what_waits_runs_and_failed(client, boss):
    factories.job("video", "waiting")
    factories.job("video", "running")
    factories.job("export", "failed")

    shown = client.get(reverse("operations:work"))

    figures = {counted.kind: counted for _name, counted in shown.context["jobs"]}
    assert (figures["video"].waiting, figures["video"].running) == (1, 1)
    assert figures["video"].oldest
    assert (figures["export"].failed, figures["export"].oldest) == (1, None)
    assert figures.keys() == presenters.JOBS.keys()


def test_it_costs_the_same_however_much_there_is(client, boss):
    page(client)  # a session begins
    costs = []
    for number in range(2):
        with CaptureQueriesContext(connection) as queries:
            page(client)
        costs.append(len(queries))
        for state in (State.SCHEDULED, State.VERIFYING, State.NEEDS_PERSON):
            factories.delivery(state=state, due_at=timezone.now() - timedelta(days=2))
        for kind in ("late", "stuck"):
            Alarm.objects.create(kind=kind, key=str(number), opened_at=timezone.now())
    assert costs[0] == costs[1]


def test_a_provinces_administrator_looks_and_does_not_act(client, boss):
    client.force_login(factories.person(Role.ADMINISTRATOR, factories.ProvinceFactory()))
    shown = page(client)
    assert shown.status_code == 200
    assert reverse("operations:freeze") not in shown.text
    assert client.post(reverse("operations:freeze"), {"reason": "Thử"}).status_code == 403
    assert freezing.may_publish() is True


def test_an_overseer_of_the_ministry_does_not_see_it(client, boss):
    client.force_login(factories.person(Role.OVERSEER, factories.ministry()))
    assert page(client).status_code == 403


def test_publishing_is_frozen_with_a_reason_and_released(client, boss):
    assert client.post(reverse("operations:freeze"), {"reason": " "}).status_code == 422
    assert (
        client.post(reverse("operations:freeze"), {"reason": "Tài khoản bị chiếm"}).status_code
        == 302
    )
    shown = page(client).text
    assert "Tài khoản bị chiếm" in shown
    assert client.post(reverse("operations:freeze"), {"reason": "Lần nữa"}).status_code == 409
    client.post(reverse("operations:release"), {"reason": "Đã lấy lại tài khoản"})
    assert freezing.may_publish() is True


def test_after_a_restore_the_page_asks_for_a_second_person(client, boss):
    due = timezone.now() - timedelta(minutes=10)
    delivery = factories.delivery(due_at=due)
    Freeze.objects.update(database="another")
    freezing.mark_unknown_after_restore()
    assert "1 post is still to be looked up" in page(client).text
    assert client.post(reverse("operations:release"), {"reason": "Vội"}).status_code == 409

    type(delivery).objects.update(**factories.in_state(State.SCHEDULED))
    freezing.note_pages_read_back()
    assert "1 post waits and goes out" in page(client).text
    client.post(reverse("operations:release"), {"reason": "Đã đối chiếu"})
    assert "A second administrator of the ministry has to confirm" in page(client).text
    assert client.post(reverse("operations:release"), {"reason": "Đã đối chiếu"}).status_code == 409

    client.force_login(factories.person(Role.ADMINISTRATOR, factories.ministry()))
    assert "Đã đối chiếu" in client.get(reverse("operations:release")).text
    client.post(reverse("operations:release"), {"reason": "Đồng ý"})
    assert freezing.may_publish() is True


def test_there_is_nothing_to_release_when_nothing_is_frozen(client, boss):
    assert client.get(reverse("operations:release")).status_code == 302


def test_every_queue_is_called_by_what_it_is_for(client, boss, settings):
    names = {queue: presenters.describe_queue(queue) for queue in settings.CELERY_TASK_QUEUES}
    shown = client.get(reverse("operations:work")).text

    assert [queue for queue, name in names.items() if name == queue] == []
    assert [name for name in names.values() if f"<span>{name}</span>" not in shown] == []
    assert presenters.describe_title("silent", "reconcile") == (
        "Nobody answers on the queue “Checking unknown outcomes”"
    )
    assert presenters.describe_remedy("recalling", "facebook")[0].startswith(
        "Look whether the queue “Taking posts down” (recall) is silent"
    )
    assert presenters.describe_remedy("late", "facebook")[0].startswith(
        "Look above whether the queue “Publishing on Facebook” (publish.facebook) is silent"
    )


def test_the_slowest_post_of_each_hour_is_drawn_and_leaves_as_a_sheet(client, boss):
    assert "data-chart" not in page(client).text  # nothing was published
    due = timezone.now() - timedelta(minutes=5)
    factories.delivery(
        state=State.PUBLISHED,
        due_at=due,
        remote_id="1",
        published_at=due + timedelta(seconds=7.25),
    )

    chart = page(client).context["chart"]

    hour = timezone.localtime(due)
    (row,) = [row for row in chart.rows if row[1]]
    assert row == [f"{hour:%H}:00 {hour:%d/%m}", 1, Decimal("7.2")]
    points = dict(chart.figures["series"][0]["points"])
    assert points[f"{hour:%Y-%m-%dT%H}:00"] == 7.25
    address = reverse("operations:status")
    file = client.get(address, {"format": "xlsx", "chart": "hours"})
    sheet = list(load_workbook(io.BytesIO(file.content)).active.values)
    assert [cells[1:] for cells in sheet if cells[1] == 1] == [(1, 7.2)]
