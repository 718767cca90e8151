"""The sentences of the notices that operations sends."""

from django.utils.translation import gettext_noop

from accounts.notices import register

SENTENCES = {
    "alarm_begun": gettext_noop("Alarm: %(what)s"),
    "alarm_over": gettext_noop("Over: %(what)s"),
}

register(
    SENTENCES,
    urgent={"alarm_begun"},
    later={"alarm_over"},
    joined={
        "alarm_begun": ("what",),
        "alarm_over": ("what",),
    },
)
