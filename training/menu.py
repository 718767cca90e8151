"""The entries of the navigation that lead to pages of training; see `apps`."""

from django.utils.translation import gettext_lazy as _

from core.navigation import TRAINING, Entry, register

register(
    Entry(
        "training:exercises",
        "school",
        _("Exercises"),
        TRAINING,
        1,
        rights=("post_write",),
        synonyms=_("practise, training, certificate"),
    ),
    Entry(
        "training:classes",
        "users-group",
        _("Classes"),
        TRAINING,
        2,
        rights=("training_lead",),
        synonyms=_("trainer, participants, first passwords"),
    ),
    pages={
        "training:exercises": ("training",),
        "training:classes": (
            "training:open_class",
            "training:class",
            "training:sign_ins",
            "training:remove_class",
        ),
    },
)
