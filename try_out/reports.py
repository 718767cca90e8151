"""Reports of the stations and their city: a month that was sent, and the last one, of which one
waits for its leader, one was returned, one given back, one drafted by the portal.
"""

from datetime import datetime, timedelta

from django.utils import timezone

from accounts.models import User
from core.periods import Period
from engagement.reports import decisions, drafts, form_versions, periods
from engagement.reports.figures import compute_digest
from engagement.reports.models import Report
from engagement.reports.queries import build_content
from engagement.reports.standard import make_standard_form
from engagement.reports.states import ReportKind
from try_out.history import time_set_to
from try_out.people import World
from units.models import Level, Unit

KIND = ReportKind.MONTH
TEXTS = {
    "situation": "Trong kỳ, địa bàn ổn định. Chủ đề trọng tâm là phòng, chống lừa đảo trên không "
    "gian mạng và an toàn giao thông; bà con hỏi nhiều về cuộc gọi giả danh cơ quan nhà nước.",
    "results": "Đơn vị đăng bài vào buổi tối, đọc lại trên loa truyền thanh và nhờ tổ dân phố chia "
    "sẻ; bài có ảnh thông điệp chữ to được người cao tuổi xem nhiều hơn.",
    "limits": "Có tuần chưa đăng bài do cán bộ đi học; video ngắn còn ít.",
    "tasks": "Mỗi tuần hai bài; phối hợp nhà trường tuyên truyền cho học sinh.",
    "proposals": "Đề nghị hướng dẫn thêm cách quay video ngắn bằng điện thoại.",
}
LACKING = "Phần tồn tại chưa nêu nguyên nhân các tuần không có bài. Đề nghị bổ sung rồi gửi lại."
TOO_SHORT = "Phần kết quả còn chung chung: ghi rõ cách làm ở từng khu dân cư."


def create_reports(world: World, now: datetime) -> None:
    last, before = periods.list_recent_periods(
        KIND, timezone.localdate(now), make_standard_form(KIND)["first"]
    )[:2]
    ministry = Unit.objects.get(level=Level.MINISTRY)
    helper = User.objects.get(username="tinh.canbo")
    with time_set_to(before.start - timedelta(days=40)):
        chief = User.objects.get(username="bo.phutrach")
        form_versions.change_form(ministry, KIND, make_standard_form(KIND), by=chief)
    for days, word in ((2, "hai-chau"), (3, "hoa-vang"), (5, "son-tra"), (9, "hoi-an")):
        with time_set_to(before.end + timedelta(days=days, hours=9)):
            _send_report(world, word, before)
    with time_set_to(before.end + timedelta(days=10, hours=15)):
        draft = drafts.begin(world.province, KIND, before, by=helper)
        drafts.retake_figures(draft, by=helper, fill=True)
        report = _submit_report(world.province, before, helper)
        _approve_and_send(report, by=world.overseer, clerk=helper)
    _store_last_month(world, last, max(last.end, now - timedelta(hours=20)))


def _store_last_month(world: World, last: Period, then: datetime) -> None:
    """Let the last month stand where reports of many units do."""
    with time_set_to(then):
        drafts.draft_all(KIND, last, now=then, units=[world.staff["hai-chau"].unit])
        _send_report(world, "hoa-vang", last)
        returned = _send_report(world, "hoi-an", last)
        decisions.return_report(returned, by=world.overseer, reason=LACKING)
        staff = world.staff["son-tra"]
        _submit_report(staff.unit, last, staff.officer)
        staff = world.staff["duy-xuyen"]
        given_back = _submit_report(staff.unit, last, staff.officer)
        decisions.decline(given_back, by=staff.chief, reason=TOO_SHORT)


def _send_report(world: World, word: str, period: Period) -> Report:
    """Send a station's report, which the deputy signs for the chief at one of them."""
    staff = world.staff[word]
    leader = staff.deputy if word == "hai-chau" else staff.chief
    report = _submit_report(staff.unit, period, staff.officer)
    return _approve_and_send(report, by=leader, clerk=staff.officer)


def _submit_report(unit: Unit, period: Period, by: User) -> Report:
    report = drafts.begin(unit, KIND, period, by=by)
    drafts.write(report, TEXTS, by=by)
    return decisions.submit(report, by=by)


def _approve_and_send(report: Report, *, by: User, clerk: User) -> Report:
    decisions.approve(report, by=by, digest=compute_digest(build_content(report)))
    number = str(100 + report.pk)  # units count their papers for themselves
    return decisions.send(report, by=clerk, number=number, signed_on=timezone.localdate())
