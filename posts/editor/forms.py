import dataclasses
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.db.models import Q
from django.utils import timezone
from django.utils.functional import cached_property
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from campaigns.models import Campaign, Topic
from channels import presenters
from channels.models import Channel
from channels.queries import channels_for, facts_of
from channels.states import platform_rank
from core.errors import Refused
from core.fields import DayAndClockField, DayField, ShortModelChoiceField
from core.text import normalise, parse_uuid
from media.captions import LARGEST, convert_to_webvtt, decode_captions
from media.models import Media
from platforms.facts import Option
from posts.canonical import html as canonical_html
from posts.canonical.html import LONGEST_BODY, is_too_large
from posts.editor import saving
from posts.editor.edits import ChannelEdit, MediaEdit, PostEdit, PostFields
from posts.editor.fields import (
    CAPTIONS,
    BodyWidget,
    NormalField,
    captions_name,
    format_name,
    option_field,
    option_name,
    placeholder_field,
    placeholder_field_name,
    switch_name,
    text_name,
)
from posts.editor.limits import LONGEST_ALT, MOST_MEDIA, too_much_text
from posts.editor.parts import (
    AS_BEFORE,
    ChannelPart,
    FormMedia,
    KitPart,
    OptionPart,
    PlaceholderPart,
)
from posts.editor.saving import read_page_save
from posts.kit_placeholders import LONGEST_OWN_LINES, OWN_LINES, KitPlaceholder, UnitKit
from posts.library.forms import NO_DAY, require_days_in_order
from posts.models import LONGEST_LEGAL_BASIS, Post, PostChannel, PostMedia
from posts.origins import starting
from posts.queries import LastChoice, last_choices

ON, OFF, HAND = "on", "off", "hand"  # how a channel's switch was shown, see ComposeForm._switched
SWITCH = {"data-switch": ""}
TIMES = ("requested_time", "valid_until")


class ComposeForm(forms.Form):
    """The whole working copy. A draft may lack everything: what it needs for submission are
    findings, not errors.
    """

    version = forms.IntegerField(widget=forms.HiddenInput, min_value=0, max_value=2_147_483_647)
    title = NormalField(
        label=_("Title"),
        max_length=200,
        required=False,
        help_text=_("Left empty, the first line of the text is the title."),
        widget=forms.TextInput(attrs={"placeholder": _("Title")}),
    )
    body = NormalField(
        label=_("Text"),
        max_length=LONGEST_BODY,
        required=False,
        strip=False,
        widget=BodyWidget(attrs={"placeholder": _("Text")}),
    )
    topic = ShortModelChoiceField(
        label=_("Topic"), queryset=Topic.objects.all(), required=False, widget=forms.RadioSelect
    )
    campaign = ShortModelChoiceField(
        label=_("Campaign"),
        queryset=Campaign.objects.none(),
        required=False,
        to_field_name="public_id",
    )
    link = forms.URLField(
        label=_("Link"),
        max_length=500,
        required=False,
        assume_scheme="https",
        help_text=_(
            "A page to read more on; shown as a card on Facebook when the post has no picture."
        ),
    )
    requested_time = DayAndClockField(
        label=_("Wanted time of publication"),
        required=False,
        help_text=_("A proposal to the approver, who schedules the post by it."),
    )
    valid_until = DayAndClockField(
        label=_("Valid until"),
        required=False,
        help_text=_("Not published after this time."),
    )
    ai_made = forms.BooleanField(
        label=_("Made or changed by AI"),
        required=False,
        help_text=_(
            "Pictures, videos or words. Residents are told: by the platform's own label, "
            "or else by a line in the text."
        ),
    )
    urgent = forms.BooleanField(
        label=_("Urgent"),
        required=False,
        help_text=_(
            "Only for what residents must know at once: it may go out during a pause "
            "that lets urgent posts pass."
        ),
    )
    legal_basis = NormalField(
        label=_("Legal basis"),
        max_length=LONGEST_LEGAL_BASIS,
        required=False,
        widget=forms.TextInput(attrs={"placeholder": "Nghị định 282/2025/NĐ-CP"}),
        help_text=_("The document that the post rests on, by its kind and number."),
    )
    legal_from = DayField(
        label=_("In force from"), required=False, error_messages={"invalid": NO_DAY}
    )
    legal_until = DayField(
        label=_("In force until"),
        required=False,
        error_messages={"invalid": NO_DAY},
        help_text=_("Empty: no end is set. After this day the post is not published any more."),
    )
    source = NormalField(
        label=_("Source of the warning"),
        max_length=LONGEST_LEGAL_BASIS,
        required=False,
        help_text=_("A document, or the unit that gave the warning."),
    )
    channels = forms.TypedMultipleChoiceField(label=_("Channels"), required=False)

    def __init__(self, data: Any = None, files: Any = None, *, post: Post):
        self.stored_targets = targets_of(post)
        targets = {target.channel_id: target for target in self.stored_targets}
        super().__init__(data, initial=_initial_values(post, self.stored_targets), label_suffix="")
        self.post = post
        self.options = defaultdict(dict, {key: target.options for key, target in targets.items()})
        self.usual_formats: dict[int, str] = {}
        for name in ("topic", "campaign"):
            self.fields[name].empty_label = "—"
        self.fields["campaign"].queryset = Campaign.objects.filter(
            Q(pk__in=Campaign.objects.open_to(post.unit).running(timezone.localdate()))
            | Q(pk=post.campaign_id)
        )
        self.unit_kit = UnitKit(post.adoption.version, post.unit) if post.adoption else None
        if self.unit_kit:
            self._add_placeholder_fields(self.unit_kit, post.adoption.values)
        self.usable = channels_for(post.unit)
        self.open_channels = self._offer_channels(targets)
        self.pictures = (
            [
                FormMedia(picture.media, picture.alt_text, picture.captions)
                for picture in self.stored_pictures
            ]
            if data is None
            else self._media(data, files)
        )

    @cached_property
    def stored_pictures(self) -> list[PostMedia]:
        return pictures_of(self.post)

    def _offer_channels(self, targets: Mapping[int, PostChannel]) -> list[Channel]:
        """Add the fields of the unit's channels, and of those that the post has: one that was
        disconnected meanwhile stays until the officer takes it out.
        """
        channels = {channel.pk: channel for channel in self.usable}
        channels |= {target.channel_id: target.channel for target in targets.values()}
        in_order = sorted(
            channels.values(), key=lambda channel: (platform_rank(channel.platform), channel.name)
        )
        by_id = {str(channel.public_id): channel for channel in in_order}
        self.fields["channels"].choices = [(key, channel.name) for key, channel in by_id.items()]
        self.fields["channels"].coerce = by_id.get
        for channel in in_order:
            self._add_channel(channel, targets.get(channel.pk))
        return in_order

    def _add_placeholder_fields(self, unit_kit: UnitKit, values: Mapping[str, str]) -> None:
        """Add a field for each placeholder of the post's kit; what it locks cannot be changed."""
        for placeholder in unit_kit.placeholders:
            if not placeholder.is_picture:
                field = placeholder_field(placeholder, values.get(placeholder.name, ""))
                self.fields[placeholder_field_name(placeholder)] = field
        if unit_kit.version.own_lines:
            self.fields["own_lines"] = NormalField(
                label=_("Lines of your own unit"),
                max_length=LONGEST_OWN_LINES,
                required=False,
                initial=values.get(OWN_LINES, ""),
                widget=forms.Textarea(attrs={"rows": 2}),
                help_text=_("They stand at the end of the text, in every channel."),
            )
        fixed = {"title", "body", "topic", "campaign", *saving.legal_basis_of(unit_kit.version)}
        if unit_kit.version.link:
            fixed.add("link")
        for name in fixed:
            self.fields[name].disabled = True
        self.fields["body"].widget.attrs["hidden"] = True

    def kit_part(self) -> KitPart | None:
        """Return the part of the page that stands in the place of title and text."""
        if self.unit_kit is None:
            return None
        version, pieces = self.unit_kit.version, self.unit_kit.pieces
        values = self._placeholder_values()
        return KitPart(
            pieces(version.title, values),
            pieces(version.text, values),
            {name: pieces(text, values) for name, text in version.texts.items() if text},
            [self._placeholder_part(placeholder) for placeholder in self.unit_kit.placeholders],
            self["own_lines"] if "own_lines" in self.fields else None,
        )

    def _placeholder_part(self, placeholder: KitPlaceholder) -> PlaceholderPart:
        name = placeholder_field_name(placeholder)
        return PlaceholderPart(placeholder, None if placeholder.is_picture else self[name])

    def _placeholder_values(self) -> dict[str, str]:
        """Return the values in the fields of the placeholders now, valid or not."""
        names = {
            placeholder.name: placeholder_field_name(placeholder)
            for placeholder in self.unit_kit.placeholders
            if not placeholder.is_picture
        }
        if "own_lines" in self.fields:
            names[OWN_LINES] = "own_lines"
        return {name: str(self[field].value() or "") for name, field in names.items()}

    def _add_channel(self, channel: Channel, target: PostChannel | None) -> None:
        """Add the fields of one channel: its own text, its format, and all options that its formats
        have.
        """
        facts = facts_of(channel.platform)
        self.fields[switch_name(channel)] = forms.CharField(
            required=False, initial=_switch_value(target), widget=forms.HiddenInput(SWITCH)
        )
        self.fields[text_name(channel)] = NormalField(
            label=_("Own text"),
            max_length=LONGEST_BODY,
            required=False,
            strip=False,
            initial=target.text if target else "",
            widget=forms.Textarea(attrs={"rows": 6}),
        )
        if len(facts.offered) > 1:
            self.fields[format_name(channel)] = self._format_field(channel, target)
        decided = target.options if target else {}
        for option in options_of(channel.platform):
            self.fields[option_name(channel, option.name)] = option_field(
                option, decided.get(option.name)
            )

    def _format_field(self, channel: Channel, target: PostChannel | None) -> forms.ChoiceField:
        names = {
            form.name: presenters.format_name(form.name)
            for form in facts_of(channel.platform).offered
        }
        stored = target.format if target and target.format in names else ""
        is_usual = bool(stored and target and target.format_as_before)
        usual = stored if is_usual else self._last_choices[channel.pk].format
        self.usual_formats[channel.pk] = usual
        message = gettext("As in the last post: %(format)s") % {"format": names.get(usual)}
        before = [(AS_BEFORE, message)] if usual else []
        return forms.ChoiceField(
            label=_("Format"),
            choices=[("", _("What fits best")), *before, *names.items()],
            required=False,
            initial=AS_BEFORE if is_usual else stored,
            widget=forms.RadioSelect,
        )

    @cached_property
    def _last_choices(self) -> defaultdict[int, LastChoice]:
        return defaultdict(LastChoice, last_choices(self.post.unit))

    def channel_parts(self) -> list[ChannelPart]:
        """Return the parts of the page, one a channel."""
        platforms = Counter(channel.platform for channel in self.open_channels)
        return [
            ChannelPart(
                channel,
                also=channel.name if platforms[channel.platform] > 1 else "",
                switch=self[switch_name(channel)],
                text=self[text_name(channel)],
                format=self[format_name(channel)] if format_name(channel) in self.fields else None,
                options=self._option_parts(channel),
                as_before=self._is_unchanged(channel),
            )
            for channel in self.open_channels
        ]

    def _option_parts(self, channel: Channel) -> list[OptionPart]:
        formats = facts_of(channel.platform).formats
        return [
            OptionPart(
                option,
                self[option_name(channel, option.name)],
                [form.name for form in formats if option in form.options],
            )
            for option in options_of(channel.platform)
        ]

    def _is_unchanged(self, channel: Channel) -> bool:
        name, options = format_name(channel), self.options[channel.pk]
        if name in self.fields and self[name].value() == AS_BEFORE:
            return True
        return bool(options) and options == self._last_choices[channel.pk].options

    def _media(self, data: Any, files: Any) -> list[FormMedia]:
        """Return the unit's media that the browser names, in its order; skip media
        of other units.
        """
        named = (key for value in data.getlist("picture") if (key := parse_uuid(value)))
        names = list(dict.fromkeys(named))[:MOST_MEDIA]
        media_by_id = Media.objects.filter(unit=self.post.unit).in_bulk(
            names, field_name="public_id"
        )
        media = [media_by_id[name] for name in names if name in media_by_id]
        return [_build_form_media(medium, data, files or {}) for medium in media]

    def clean_body(self) -> str:
        """Restore the formatting of a text that came back plain and unchanged,
        without the editor.
        """
        if is_too_large(self.cleaned_data["body"]):
            raise ValidationError(too_much_text())
        body, stored = canonical_html.clean(self.cleaned_data["body"]), self.post.body
        is_plain = not self.data.get("body-is-html")
        if is_plain and canonical_html.to_plain_text(body) == canonical_html.to_plain_text(stored):
            return stored
        return body

    def clean(self) -> dict[str, Any]:
        for number, picture in enumerate(self.pictures, start=1):
            if len(normalise(picture.alt)) > LONGEST_ALT:
                self.add_error(
                    None,
                    gettext("The description of picture %(n)s is longer than %(most)s characters.")
                    % {"n": number, "most": LONGEST_ALT},
                )
            if picture.error:
                self.add_error(
                    None, ValidationError(picture.error, code=captions_name(picture.media))
                )
        require_days_in_order(self)
        return self.cleaned_data

    def keep_stored_times(self) -> bool:
        """Keep the stored times where what is written is none yet; return whether nothing else is
        wrong. While somebody writes a day and its time, the rest is saved all the same.
        """
        if set(self.errors) - {*TIMES}:
            return False
        for name in self.errors:
            self.cleaned_data[name] = getattr(self.post, name)
        return True

    def errors_by_field(self, *, of_half_times: bool = True) -> dict[str, list[str]]:
        """Return the errors for scripts, by the field's name on the page.

        ``of_half_times``: also of a time of which one of the two inputs is still empty.
        """
        by_field: dict[str, list[str]] = {}
        for name, errors in self.errors.items():
            if not of_half_times and name in TIMES and not all(self[name].value()):
                continue
            for error in errors.as_data():
                html_name = self[name].html_name if name in self.fields else ""
                if isinstance(self.fields.get(name), DayAndClockField):
                    html_name += "_1"  # the last of its two inputs
                if str(error.code).startswith(CAPTIONS):
                    html_name = str(error.code)
                by_field.setdefault(html_name, []).extend(error.messages)
        return by_field

    def save(self, *, by: User, version: int | None = None) -> Post:
        """Save by ``saving.save``; ``version`` replaces the one the form was made from, when a
        person decided so.
        """
        version = self.cleaned_data["version"] if version is None else version
        sent = read_page_save(self.data)
        return saving.save(self.post, self._build_edit(), by=by, version=version, sent=sent)

    @property
    def is_blank(self) -> bool:
        """Check whether nobody has written anything into it."""
        return self._build_edit().is_blank

    def draft(self) -> saving.Draft:
        """Return the post as `save` would store it, by ``saving.draft_of``: nothing is stored."""
        return saving.draft_of(self.post, self._build_edit())

    def _build_edit(self) -> PostEdit:
        values = self.cleaned_data
        names = [field.name for field in dataclasses.fields(PostFields)]
        return PostEdit(
            PostFields(**{name: values[name] for name in names}),
            {
                channel: self._build_channel_edit(channel)
                for channel in self.open_channels
                if channel in self.usable or channel in values["channels"]
            },
            [MediaEdit(picture.media, picture.alt, picture.captions) for picture in self.pictures],
            placeholder_values=self._placeholder_values() if self.unit_kit else None,
        )

    def _build_channel_edit(self, channel: Channel) -> ChannelEdit:
        values = self.cleaned_data
        form = values.get(format_name(channel), "")
        is_usual = form == AS_BEFORE
        return ChannelEdit(
            values[text_name(channel)],
            self.usual_formats[channel.pk] if is_usual else form,
            self._chosen_options(channel),
            self._switch_choice(channel),
            format_as_before=is_usual,
        )

    def _switch_choice(self, channel: Channel) -> bool | None:
        """Return how a person switched the channel; None where its box is as it was shown, and was
        shown so because of the pictures and videos.
        """
        is_checked = channel in self.cleaned_data["channels"]
        choice = self.cleaned_data[switch_name(channel)]
        return None if choice == (ON if is_checked else OFF) else is_checked

    def _chosen_options(self, channel: Channel) -> dict[str, Any]:
        """Return the options that the author changed from their defaults."""
        decided = {}
        for option in options_of(channel.platform):
            value = self.cleaned_data[option_name(channel, option.name)]
            if value != option.default and not (option.choices and not value):
                decided[option.name] = value
        return decided


def _initial_values(post: Post, targets: Iterable[PostChannel]) -> dict[str, Any]:
    return {
        "version": post.version,
        "title": post.own_title,
        "body": post.body,
        "topic": post.topic_id,
        "campaign": post.campaign.public_id if post.campaign else None,
        "link": post.link,
        "requested_time": post.requested_time,
        "valid_until": post.valid_until,
        "urgent": post.urgent,
        "ai_made": post.ai_made,
        **post.legal_basis_fields(),
        "channels": [target.channel.public_id for target in targets if target.is_on],
    }


def _build_form_media(media: Media, data: Any, files: Any) -> FormMedia:
    """Return a picture, or a video with its captions: as a file, or as they were typed. Those that
    do not fit are kept as they are, for a finding to say so: everything else is saved.
    """
    alt = data.get(f"alt-{media.public_id}", "")
    if not media.is_video:
        return FormMedia(media, alt)
    captions = data.get(captions_name(media), "")
    file = files.get(f"{captions_name(media)}-file")
    try:
        if file:
            captions = decode_captions(file.read(LARGEST + 1))
    except Refused as refused:
        return FormMedia(media, alt, captions, str(refused))
    try:
        return FormMedia(media, alt, convert_to_webvtt(captions, seconds=media.seconds))
    except Refused:
        return FormMedia(media, alt, normalise(captions))


def targets_of(post: Post) -> list[PostChannel]:
    """Return what the post holds for its channels; as long as it has no row, for its unit's."""
    if post._state.adding:
        return starting.first_targets(post)
    return list(post.targets.select_related("channel"))


def pictures_of(post: Post) -> list[PostMedia]:
    """Return the post's pictures and videos in their order; none as long as it has no row."""
    return [] if post._state.adding else list(post.pictures.select_related("media"))


def _switch_value(target: PostChannel | None) -> str:
    """Return what the page sends back of a switch: how the material left it, or that a person
    decided. So did who left out a channel that has no row.
    """
    if target is None or target.switched_by_person:
        return HAND
    return ON if target.is_on else OFF


def options_of(platform: str) -> list[Option]:
    """Return all options of a platform's formats, each once."""
    every = {option.name: option for form in facts_of(platform).formats for option in form.options}
    return list(every.values())
