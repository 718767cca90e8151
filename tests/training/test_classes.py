"""Classes: opened, printed, watched, removed."""

import pytest
from allauth.mfa.models import Authenticator
from django.urls import reverse

from accounts.models import User
from accounts.permissions import Role
from channels.models import Channel
from core.errors import NotAllowed, Refused
from tests import factories
from training import people, progress
from training.exercises.table import EXERCISES, list_exercises
from training.models import Attempt, Participant, TrainingClass
from units.models import Unit

pytestmark = pytest.mark.django_db(transaction=True)


def test_each_participant_has_a_unit_with_pages_and_colleagues(training_class):
    seats = list(training_class.participants.select_related("unit", "user", "officer", "leader"))

    assert [seat.role for seat in seats] == [Role.OFFICER, Role.APPROVER]
    assert len({seat.unit for seat in seats}) == 2
    for seat in seats:
        assert seat.unit.parent == training_class.unit
        assert Channel.objects.usable().filter(unit=seat.unit).count() == 2
        assert not any(p.has_usable_password() for p in (seat.user, seat.officer, seat.leader))


def test_a_sheet_opens_the_accounts_and_the_next_sheet_replaces_it(training_class, trainer, rf):
    first = people.set_first_passwords(_all(training_class), by=trainer)
    second = people.set_first_passwords(_all(training_class), by=trainer)

    for old, new in zip(first, second, strict=True):
        user = User.objects.get(pk=new.participant.user_id)
        assert (user.check_password(old.password), user.check_password(new.password)) == (
            False,
            True,
        )


def test_a_slip_for_one_seat_leaves_the_others(training_class, trainer, officer, leader, sign_in):
    people.set_first_passwords(_all(training_class), by=trainer)
    sign_in(leader.user)  # has set up an app
    before = dict(User.objects.values_list("username", "password"))

    (slip,) = people.set_first_passwords([leader], by=trainer)

    after = dict(User.objects.values_list("username", "password"))
    assert [name for name in after if after[name] != before[name]] == [leader.user.username]
    assert slip.participant == leader
    assert not Authenticator.objects.filter(user=leader.user).exists()


def _all(training_class):
    return training_class.participants.select_related("user", "unit")


def test_slips_are_made_for_all_or_one_and_for_no_seat_that_does_not_exist(
    training_class, trainer, sign_in
):
    client = sign_in(trainer)
    address = reverse("training:sign_ins", args=[training_class.public_id])
    before = set(User.objects.values_list("username", "password"))

    assert client.get(address).status_code == 200
    assert client.post(address, {"participant": "99"}).status_code == 422
    assert set(User.objects.values_list("username", "password")) == before
    changed = []
    for chosen in ("2", ""):
        assert client.post(address, {"participant": chosen}).content.startswith(b"%PDF")
        after = set(User.objects.values_list("username", "password"))
        changed.append(len(after - before))
        before = after
    assert changed == [1, 2]


def test_only_administrators_open_classes(training, officer_elsewhere):
    with pytest.raises(NotAllowed):
        people.open_class(name="Lớp", officers=1, leaders=0, by=officer_elsewhere)


@pytest.fixture
def officer_elsewhere(db):
    return factories.person(Role.OFFICER)


@pytest.mark.parametrize(("officers", "leaders"), [(0, 0), (30, 11)])
def test_a_class_has_one_to_forty_participants(training, trainer, officers, leaders):
    with pytest.raises(Refused):
        people.open_class(name="Lớp", officers=officers, leaders=leaders, by=trainer)


def test_a_class_that_the_simulator_does_not_answer_leaves_nothing(training, trainer, settings):
    settings.SIMULATOR_URL = "http://127.0.0.1:9"

    with pytest.raises(Refused):
        people.open_class(name="Lớp", officers=1, leaders=0, by=trainer)

    assert not TrainingClass.objects.exists()
    assert not User.objects.filter(username__startswith="lop", is_active=True).exists()


def test_a_removed_class_leaves_nothing_of_its_participants(training_class, trainer, officer):
    progress.begin(officer, EXERCISES["first-post"])
    unit = training_class.unit

    people.remove_class(training_class, by=trainer)

    assert [m.objects.count() for m in (TrainingClass, Participant, Attempt)] == [0, 0, 0]
    below = Unit.objects.filter(path__startswith=unit.path)
    assert (below.count(), below.filter(valid_to=None).count()) == (3, 0)
    assert not User.objects.filter(appointments__unit__in=below, is_active=True).exists()
    assert not Channel.objects.usable().filter(unit__in=below).exists()


def test_the_certificate_comes_with_the_last_exercise(officer, sign_in):
    client, address = sign_in(officer.user), reverse("training:certificate")
    *others, last = list_exercises(officer.role)
    for exercise in others:
        _finish(officer, exercise)
    assert client.get(address).status_code == 404

    _finish(officer, last)

    assert client.get(address).status_code == 200
    pdf = client.get(reverse("training:certificate_pdf"))
    assert pdf.content.startswith(b"%PDF")


def _finish(participant, exercise):
    now = participant.training_class.opened_at
    Attempt.objects.create(
        participant=participant, exercise=exercise.slug, begun_at=now, done_at=now
    )


def test_hints_open_one_by_one(officer, sign_in):
    client = sign_in(officer.user)
    page = reverse("training:exercise", args=["first-post"])
    client.post(reverse("training:begin", args=["first-post"]))
    counts = []
    for _number in range(4):
        client.post(reverse("training:hint", args=["first-post"]))
        counts.append(len(client.get(page).context["hints"]))

    assert counts == [1, 2, 3, 3]


def test_the_trainer_sees_who_is_where(training_class, trainer, officer, sign_in):
    progress.begin(officer, EXERCISES["first-post"])
    Attempt.objects.update(begun_at=officer.training_class.opened_at.replace(year=2025), hints=2)

    page = sign_in(trainer).get(reverse("training:class", args=[training_class.public_id]))

    ((seat, row),) = page.context["stuck"]
    assert (seat.participant, row.exercise.slug, row.attempt.hints) == (officer, "first-post", 2)


def test_the_class_page_asks_as_much_for_thirty_as_for_two(
    training, trainer, sign_in, django_assert_max_num_queries
):
    opened = people.open_class(name="Lớp", officers=3, leaders=3, by=trainer)
    for participant in opened.participants.all():
        for exercise in list_exercises(participant.role):
            Attempt.objects.create(
                participant=participant, exercise=exercise.slug, begun_at=opened.opened_at
            )
    client = sign_in(trainer)

    with django_assert_max_num_queries(24):
        client.get(reverse("training:class", args=[opened.public_id]))


def test_a_class_is_opened_and_removed_on_its_pages(training, trainer, sign_in):
    client = sign_in(trainer)
    opened = client.post(
        reverse("training:open_class"), {"name": "Lớp", "officers": "1", "leaders": "0"}
    )
    row = TrainingClass.objects.get()
    assert opened["Location"] == reverse("training:class", args=[row.public_id])
    assert client.get(opened["Location"]).status_code == 200
    page = client.get(reverse("training:classes"))
    assert [(c.name, c.n) for c in page.context["classes"]] == [("Lớp", 1)]
    remove = reverse("training:remove_class", args=[row.public_id])
    assert client.get(remove).status_code == 200
    assert TrainingClass.objects.exists()

    client.post(remove)

    assert not TrainingClass.objects.exists()


PAGES = {
    "exercises": ([], "get"),
    "exercise": (["first-post"], "get"),
    "begin": (["first-post"], "post"),
    "hint": (["first-post"], "post"),
    "certificate": ([], "get"),
    "certificate_pdf": ([], "get"),
    "classes": ([], "get"),
    "open_class": ([], "get"),
    "class": (["class"], "get"),
    "sign_ins": (["class"], "post"),
    "remove_class": (["class"], "post"),
}
# What an address answers: to the officer of the class, its leader, its trainer, another trainer, a
# province's overseer.
ANSWERS = {
    "exercises": (200, 200, 302, 302, 200),
    "exercise": (200, 404, 403, 403, 403),
    "begin": (302, 404, 403, 403, 403),
    "hint": (404, 404, 403, 403, 403),
    "certificate": (404, 404, 403, 403, 403),
    "certificate_pdf": (404, 404, 403, 403, 403),
    "classes": (403, 403, 200, 200, 403),
    "open_class": (403, 403, 200, 200, 403),
    "class": (403, 403, 200, 404, 403),
    "sign_ins": (403, 403, 200, 404, 403),
    "remove_class": (403, 403, 302, 404, 403),
}


def test_the_matrix_names_every_page_of_training():
    from training.urls import urlpatterns

    assert {pattern.name for pattern in urlpatterns} == PAGES.keys() == ANSWERS.keys()


@pytest.mark.parametrize("name", [*PAGES])
def test_each_page_answers_those_alone_whom_it_is_for(
    training_class, trainer, officer, leader, sign_in, name
):
    arguments, method = PAGES[name]
    address = reverse(
        f"training:{name}",
        args=[training_class.public_id if a == "class" else a for a in arguments],
    )
    others = [
        factories.person(Role.ADMINISTRATOR, factories.ProvinceFactory()),
        factories.person(Role.OVERSEER, factories.ProvinceFactory()),
    ]
    readers = [officer.user, leader.user, *others, trainer]
    answers = [getattr(sign_in(user), method)(address).status_code for user in readers]
    officers, leaders, other, overseer, own = answers

    assert (officers, leaders, own, other, overseer) == ANSWERS[name]


def test_neither_pages_nor_menu_exist_elsewhere(client, trainer):
    from core.navigation import TRAINING, list_entries

    client.force_login(trainer)

    assert client.get("/training/").status_code == 404
    assert list_entries(TRAINING, {"post_write": True, "training_lead": True}) == []
