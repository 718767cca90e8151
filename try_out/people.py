"""The people of the try-out: invented people at real units, most of them of one province."""

from datetime import date
from typing import NamedTuple

from allauth.account.models import EmailAddress
from django.contrib.auth.hashers import make_password
from django.contrib.auth.password_validation import validate_password

from accounts.models import Appointment, User
from accounts.permissions import Role
from outreach_portal.guard import TRY_OUT_DOMAIN
from units.models import Level, Unit

PASSWORD = "Binh-yen-co-so-2026"  # noqa: S105 -- printed on the screen at each start
PROVINCE = "48"  # Đà Nẵng
SECOND_PROVINCE = "46"  # Huế, where one person passes kits on
SINCE = date(2025, 7, 1)


class Station(NamedTuple):
    """A commune body: its word in user names, its official code, and the people at it."""

    word: str
    code: str
    officer: str
    chief: str
    deputy: str


STATIONS = (
    Station("hai-chau", "20242", "Nguyễn Thu Hà", "Trần Quốc Việt", "Lê Thị Minh Châu"),
    Station("son-tra", "20263", "Phạm Gia Bảo", "Võ Đình Khôi", "Huỳnh Ngọc Ánh"),
    Station("hoi-an", "20410", "Đặng Khánh Linh", "Phan Văn Thành", "Bùi Thanh Tâm"),
    Station("hoa-vang", "20320", "Hồ Sĩ Phúc", "Nguyễn Đăng Quang", "Trương Mỹ Duyên"),
    Station("duy-xuyen", "20623", "Lương Thảo Vy", "Đoàn Ngọc Hải", "Mai Xuân Trường"),
    Station("tra-my", "20900", "Hồ Thị Lan", "Đinh Văn Sơn", "Nguyễn Hoài Nam"),
    Station("thuan-hoa", "19789", "Trương Bảo Ngọc", "Lê Viết Dũng", "Tôn Nữ Thu Hiền"),
    Station("hoan-kiem", "00070", "Vũ Minh Trang", "Nguyễn Hữu Phong", "Đào Thị Hạnh"),
    Station("ben-thanh", "26743", "Lâm Tuấn Kiệt", "Huỳnh Công Danh", "Cao Thị Mỹ Lệ"),
    Station("tan-hiep", "20434", "Trần Hải Đăng", "Ngô Thành Công", "Phạm Thị Hồng"),
)


class Staff(NamedTuple):
    """The people whom the sample content needs, by the word of their station."""

    unit: Unit
    officer: User
    chief: User
    deputy: User


class World(NamedTuple):
    province: Unit
    overseer: User
    administrator: User
    staff: dict[str, Staff]
    sign_ins: str


def create_people() -> World:
    ministry = Unit.objects.get(level=Level.MINISTRY)
    province = Unit.objects.get(level=Level.PROVINCE, code=PROVINCE, valid_to=None)
    make = Maker()
    staff = {}
    for station in STATIONS:
        unit = Unit.objects.get(level=Level.COMMUNE, code=station.code, valid_to=None)
        kind = unit.place.split()[0].lower()
        staff[station.word] = Staff(
            unit,
            make(f"{station.word}.canbo", station.officer, Role.OFFICER, unit, "Cán bộ soạn thảo"),
            make(
                f"{station.word}.truong",
                station.chief,
                Role.APPROVER,
                unit,
                f"Trưởng Công an {kind}",
            ),
            make(
                f"{station.word}.pho",
                station.deputy,
                Role.APPROVER,
                unit,
                f"Phó Trưởng Công an {kind}",
            ),
        )
    make("tinh.theodoi", "Vũ Thị Kim Oanh", Role.SUPERVISOR, province, "Cán bộ theo dõi, hướng dẫn")
    make("tinh.canbo", "Ngô Thùy Dung", Role.OFFICER, province, "Cán bộ tổng hợp")
    overseer = make(
        "tinh.phutrach",
        "Đỗ Mạnh Cường",
        Role.OVERSEER,
        province,
        "Phó Trưởng phòng Công tác chính trị",
    )
    administrator = make(
        "tinh.quantri", "Lý Hồng Sơn", Role.ADMINISTRATOR, province, "Quản trị hệ thống cấp tỉnh"
    )
    make(
        "bo.phutrach", "Hoàng Thế Vinh", Role.OVERSEER, ministry, "Trưởng phòng Truyền thông cơ sở"
    )
    make("bo.pho", "Phùng Quốc Anh", Role.OVERSEER, ministry, "Phó Trưởng phòng Truyền thông cơ sở")
    make("bo.theodoi", "Trịnh Mai Hương", Role.SUPERVISOR, ministry, "Cán bộ Truyền thông cơ sở")
    second = Unit.objects.get(level=Level.PROVINCE, code=SECOND_PROVINCE, valid_to=None)
    make(
        "hue.phutrach",
        "Lê Bá Thông",
        Role.OVERSEER,
        second,
        "Phó Trưởng phòng Công tác chính trị",
    )
    make("bo.quantri", "Nguyễn Bích Ngọc", Role.ADMINISTRATOR, ministry, "Quản trị hệ thống")
    # Two desks: lent to the next ward for the year.
    two_desks = make(
        "hai-ban", "Tạ Quang Huy", Role.OFFICER, staff["hai-chau"].unit, "Cán bộ soạn thảo"
    )
    Appointment.objects.create(
        user=two_desks,
        unit=staff["son-tra"].unit,
        role=Role.OFFICER,
        title="Cán bộ biệt phái",
        valid_from=SINCE,
    )
    operator = make.create_account("operator", "Người vận hành")
    User.objects.filter(pk=operator.pk).update(is_staff=True, is_superuser=True)
    return World(province, overseer, administrator, staff, make.make_sheet())


class Maker:
    """Make accounts with one password, hashed once: a strong hash is slow."""

    def __init__(self) -> None:
        validate_password(PASSWORD)
        self.hashed = make_password(PASSWORD)
        self.rows: list[tuple[str, str, str]] = []

    def __call__(self, word: str, name: str, role: Role, unit: Unit, title: str) -> User:
        user = self.create_account(word, name)
        Appointment.objects.create(user=user, unit=unit, role=role, title=title, valid_from=SINCE)
        self.rows.append((word, title, unit.name))
        return user

    def create_account(self, word: str, name: str) -> User:
        email = f"{word}@{TRY_OUT_DOMAIN}"
        user = User.objects.create(username=word, email=email, full_name=name, password=self.hashed)
        EmailAddress.objects.create(user=user, email=user.email, primary=True, verified=True)
        return user

    def make_sheet(self) -> str:
        columns = {
            "hai-chau.canbo",
            "hai-chau.truong",
            "hai-chau.pho",
            "hai-ban",
            "tinh.canbo",
            "tinh.theodoi",
            "tinh.phutrach",
        }
        columns |= {"tinh.quantri", "bo.phutrach", "bo.theodoi", "bo.quantri"}
        lines = [
            f"    {word:<16} {title}, {unit}" for word, title, unit in self.rows if word in columns
        ]
        others = ", ".join(station.word for station in STATIONS[1:])
        return "\n".join(
            [
                f"  Đăng nhập / Sign in. Mật khẩu chung / one password: {PASSWORD}",
                *lines,
                f"    {'operator':<16} /system/ (kỹ thuật / technical)",
                f"    Các xã, phường khác / other communes: {others} + .canbo .truong .pho",
                "",
            ]
        )
