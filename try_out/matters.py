"""Requests of the province to its stations: one is late, two wait, of
which one is about a page that imitates a station's, one is answered. The mail of
this week to those who oversee.
"""

from datetime import datetime, timedelta

from django.utils import timezone

from channels.models import Channel
from oversight.digests import mailing
from oversight.matters import asking
from oversight.matters.asking import Question
from oversight.matters.models import Matter
from oversight.matters.states import Subject
from try_out.history import time_set_to
from try_out.people import World


def create_matters(world: World, now: datetime) -> None:
    page = Channel.objects.usable().filter(unit=world.staff["duy-xuyen"].unit).first()
    assert page
    with time_set_to(now - timedelta(days=6)):
        _ask(
            world,
            "duy-xuyen",
            "Trang chưa có số điện thoại trực ban và giờ làm việc. Đề nghị bổ sung rồi báo lại.",
            days=4,
            page=page,
        )
    with time_set_to(now - timedelta(days=3)):
        answered = _ask(
            world,
            "hoa-vang",
            "Đơn vị cần hỗ trợ gì để quay video ngắn về phòng cháy, chữa cháy rừng?",
            days=5,
        )
    copied = Channel.objects.usable().filter(unit=world.staff["hoi-an"].unit).first()
    with time_set_to(now - timedelta(days=2)):
        _ask(
            world,
            "hoi-an",
            "Người dân phản ánh có trang mạo danh trang này, lấy ảnh đại diện của đơn vị. Đề nghị "
            "báo cáo trang mạo danh với nền tảng, đăng cảnh báo và báo lại kết quả.",
            days=4,
            page=copied,
        )
    with time_set_to(now - timedelta(days=1)):
        text = "Cần một buổi hướng dẫn quay bằng điện thoại; đã có người dẫn và địa điểm."
        asking.answer_matter(answered, text, by=world.staff["hoa-vang"].chief)
        _ask(
            world,
            "hai-chau",
            "Đề nghị cho biết kết quả tuyên truyền tại chợ Hàn và lịch đợt tiếp theo.",
            days=3,
        )
    mailing.send_due(now=now)


def _ask(world: World, word: str, text: str, *, days: int, page: Channel | None = None) -> Matter:
    deadline = timezone.localdate() + timedelta(days=days)
    subject = Subject.PAGE if page else Subject.OTHER
    about = page.public_id if page else None
    question = Question(subject=subject, text=text, deadline=deadline, object_id=about)
    return asking.ask_unit(world.staff[word].unit, question, by=world.overseer)
