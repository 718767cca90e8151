"""Classes: their units, pages and people are made up, and leave with the class."""

import secrets
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from django.contrib.auth.hashers import make_password
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import Appointment, User
from accounts.permissions import Permission, Role
from channels.connection.health import disconnect
from channels.models import Channel
from channels.states import Kind
from core.errors import NotAllowed, Refused
from engagement.replies import services as replies
from training.models import Participant, TrainingClass
from try_out import pages
from try_out.connections import store_channel
from units.facts import Facts, change_facts
from units.models import LEVEL_BELOW, Level, Unit
from units.services import make_police_name

MOST_PARTICIPANTS = 40
DOMAIN = "tap-huan.example"
SINCE = date(2025, 7, 1)
_PLACE = "Tỉnh Tập huấn"
# The platforms on which each unit has a page.
PLATFORMS = (Kind.FACEBOOK, Kind.ZALO)
# Of first passwords: short, without accents, told apart when read out.
_WORDS = """
bau bien buom cam canh chim chuoi cua dao dua dung gao gio gom hoa huong keo khe lua mai mam may
nang ngoc nho nui que rung sao sen sim soi song suoi tao tau tham thuyen trang trau tre vai vang
voi vuon
""".split()  # noqa: SIM905


@dataclass(frozen=True)
class Credentials:
    """First password of a participant, which is stored nowhere in clear."""

    participant: Participant
    password: str


def is_trainer(person: User) -> bool:
    return bool(person.reach(Permission.TRAINING_LEAD))


def open_class(*, name: str, officers: int, leaders: int, by: User) -> TrainingClass:
    """Open a class with so many officers and leaders, a unit each. Raise NotAllowed, Refused."""
    _require_trainer(by)
    if not 1 <= officers + leaders <= MOST_PARTICIPANTS:
        raise Refused(_("A class has from 1 to %(n)s participants.") % {"n": MOST_PARTICIPANTS})
    training_class = _create_class(name, officers, leaders, by=by)
    try:
        for participant in training_class.participants.select_related("unit", "leader"):
            _connect_pages(participant)
    except pages.Unreachable as error:
        remove_class(training_class, by=by)
        raise Refused(_("The simulated platforms do not answer. Try again in a minute.")) from error
    return training_class


def _require_trainer(person: User) -> None:
    if not is_trainer(person):
        raise NotAllowed(_("Only administrators of the training installation lead classes."))


@transaction.atomic
def _create_class(name: str, officers: int, leaders: int, *, by: User) -> TrainingClass:
    # Locked: of two classes that are opened at once, each gets a number of its own.
    ministry = Unit.objects.select_for_update(of=("self",)).get(level=Level.MINISTRY)
    number = Unit.objects.filter(place__startswith=_PLACE).count() + 1
    province = _create_unit(ministry, "tỉnh", f"{_PLACE} {number}")
    training_class = TrainingClass.objects.create(
        name=name, unit=province, opened_by=by, opened_at=timezone.now()
    )
    word = f"lop{number}"
    _create_person(f"{word}.tinh.canbo", "Cán bộ tỉnh (mẫu)", Role.SUPERVISOR, province)
    overseer = _create_person(
        f"{word}.tinh.phutrach", "Phụ trách tỉnh (mẫu)", Role.OVERSEER, province
    )
    roles = [Role.OFFICER] * officers + [Role.APPROVER] * leaders
    for seat, role in enumerate(roles, start=1):
        unit = _create_unit(province, "xã", f"Xã Bình Yên {number}.{seat:02}")
        own = f"{word}.{seat:02}"
        leader = _create_person(f"{own}.lanhdao", "Lãnh đạo (mẫu)", Role.APPROVER, unit)
        Participant.objects.create(
            training_class=training_class,
            number=seat,
            role=role,
            unit=unit,
            user=_create_person(own, f"Học viên {seat:02}", role, unit),
            officer=_create_person(f"{own}.canbo", "Cán bộ (mẫu)", Role.OFFICER, unit),
            leader=leader,
        )
        told = Facts(
            address=f"Số {seat} đường Bình Yên, {unit.place}",
            duty_phone=f"0230 3000 1{seat:02}",
            opening_hours="7:30–11:30, 13:30–17:00, thứ Hai đến thứ Sáu",
        )
        change_facts(unit, told, by=leader)
    reason = "Lớp tập huấn: cho phép trả lời bình luận ngay trên hệ thống."
    replies.allow_replies(province, by=overseer, reason=reason)
    return training_class


def _create_unit(parent: Unit, kind: str, place: str) -> Unit:
    """Create a unit without an official code: no list of the state's names it."""
    name = make_police_name(place)
    return Unit.objects.create(
        level=LEVEL_BELOW[Level(parent.level)],
        kind=kind,
        place=place,
        name=name,
        parent=parent,
        valid_from=SINCE,
    )


def _create_person(username: str, name: str, role: Role, unit: Unit) -> User:
    """Create an account that nobody can sign in to yet, with a position that counts at once."""
    user = User(username=username, email=f"{username}@{DOMAIN}", full_name=name)
    user.set_unusable_password()
    user.save()
    EmailAddress.objects.create(user=user, email=user.email, primary=True, verified=True)
    Appointment.objects.create(user=user, unit=unit, role=role, valid_from=SINCE)
    return user


def _connect_pages(participant: Participant) -> None:
    unit = participant.unit
    for platform in PLATFORMS:
        page = pages.add_page(
            platform=platform,
            name=unit.name,
            username=f"congan_{unit.key}",
            followers=900 + 10 * participant.number,
            created_at=timezone.now().timestamp(),
        )
        store_channel(page, platform=platform, unit=unit, by=participant.leader, now=timezone.now())


def set_first_passwords(participants: Iterable[Participant], *, by: User) -> list[Credentials]:
    """Give each participant a new password, for the slip that is printed now: earlier slips open
    nothing any more, and an authenticator app is set up anew. Raise NotAllowed.
    """
    _require_trainer(by)
    sheet = []
    for participant in participants:
        password = make_password_of_words()
        participant.user.set_password(password)
        participant.user.save(update_fields=["password"])
        sheet.append(Credentials(participant, password))
    # Nobody waits a day in a class for a telephone that was left at home.
    people = [row.participant.user for row in sheet]
    Authenticator.objects.filter(user__in=people).delete()
    return sheet


def make_password_of_words() -> str:
    """Return three words and two digits, such as a person types from paper without a mistake."""
    words = [secrets.choice(_WORDS) for _number in range(3)]
    return "-".join([*words, f"{secrets.randbelow(90) + 10}"])


@transaction.atomic
def remove_class(training_class: TrainingClass, *, by: User) -> None:
    """Remove the class with all that it says of its participants. Their accounts are closed, their
    pages let go and their units ended: the record of an installation keeps its rows. Raise
    NotAllowed.
    """
    _require_trainer(by)
    for participant in training_class.participants.select_related("leader"):
        for channel in Channel.objects.usable().filter(unit=participant.unit_id):
            disconnect(channel, by=participant.leader, reason="Lớp tập huấn đã kết thúc.")
    province = training_class.unit
    training_class.delete()
    units = Unit.objects.filter(path__startswith=province.path)
    people = User.objects.filter(appointments__unit__in=units)
    people.update(is_active=False, password=make_password(None), disabled_at=timezone.now())
    units.update(valid_to=timezone.localdate())
