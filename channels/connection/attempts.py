"""Connecting: from our page through a platform's consent to a channel. No row of a channel changes
before the last step.

A connect flow belongs to one session, one person, one unit and one platform; it lasts ten minutes,
and its state is answered once.
"""

import hashlib
import secrets
import uuid
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import IntegrityError, transaction
from django.db.models import Q, QuerySet
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import Authority, User
from accounts.permissions import Permission
from accounts.queries import require
from audit.services import record
from channels.connection import confirmation
from channels.connection.addresses import name_key, page_key, page_keys
from channels.connection.health import profile_fields
from channels.connection.tokens import sealed_tokens
from channels.lifecycle.transitions import names_differ
from channels.models import Channel, ConnectAttempt
from channels.presenters import describe_rights
from channels.queries import is_permitted, is_set_up
from channels.reasons import known_reason
from channels.states import Health, Kind, Lifecycle
from core import sealing
from core.errors import NotAllowed, Refused
from platforms import client
from platforms.errors import AccessLost, ConnectorError, Rejected
from platforms.messages import Offer, Profile, Tokens
from platforms.registry import CONNECTORS
from units.models import Unit

LIFETIME = timedelta(minutes=10)


class ConnectFlowEnded(Refused):
    """A connect flow ended without a connection. ``platform``, ``unit`` and ``channel`` say where
    to begin again.
    """

    def __init__(self, message: str, attempt: ConnectAttempt, *, offered_nothing: bool = False):
        super().__init__(message)
        self.offered_nothing = offered_nothing
        self.platform = attempt.platform
        self.unit = attempt.unit
        self.channel = requested_channel(attempt)


class NoPageOffered(Refused):
    """The person agreed, but the platform names no page of theirs."""


@dataclass(frozen=True, slots=True)
class Choice:
    """A page that the platform offered, and why it cannot be taken where it cannot."""

    profile: Profile
    refused: str = ""
    # The unit's own row of it: its connection is renewed, or it comes back.
    known: Channel | None = None
    renamed: str = ""  # the name by which the portal knew it, where that is another

    @property
    def missing_rights(self) -> list[str]:
        return describe_rights(self.profile.missing)


# --- beginning ------------------------------------------------------------------------------------


def begin_dialog(
    platform: str,
    *,
    unit: Unit,
    by: User,
    session_key: str,
    channel: Channel | None = None,
    wider: bool = False,
) -> str:
    """Begin a connect flow and return the address of the platform's consent dialog. ``channel``:
    connect this one again, no other. ``wider``: also ask for the rights that only some pages need.
    """
    require_may_connect(platform, unit=unit, by=by)
    app = settings.PLATFORMS[platform]
    state = secrets.token_urlsafe(32)
    verifier = str(app.get("code_verifier") or secrets.token_urlsafe(32))
    attempt = _new_attempt(platform, unit, by, session_key, state)
    _seal_facts(attempt, verifier=verifier, channel=str(channel.public_id) if channel else "")
    attempt.save()
    connector = CONNECTORS[platform]
    consent_url = connector.wider_consent_url if wider else connector.consent_url
    return consent_url(
        app, redirect_uri=_callback_address(platform), state=state, verifier=verifier
    )


def connect_with_form(
    platform: str,
    answer: Mapping[str, str],
    *,
    unit: Unit,
    by: User,
    session_key: str,
    channel: Channel | None = None,
) -> ConnectAttempt:
    """Begin a connect flow on a platform without a dialog: what it asks for was typed into our
    form."""
    require_may_connect(platform, unit=unit, by=by)
    offers = _request_offers(platform, answer)
    attempt = _new_attempt(platform, unit, by, session_key, secrets.token_urlsafe(32))
    attempt.answered_at = attempt.created_at
    _seal_facts(attempt, channel=str(channel.public_id) if channel else "", offers=offers)
    attempt.save()
    return attempt


def require_may_connect(platform: str, *, unit: Unit, by: User) -> Authority:
    appointment = require_may_register(platform, unit=unit, by=by)
    if not is_set_up(platform):
        raise Refused(
            _("%(platform)s is not set up in this installation yet. Ask the system administrator.")
            % {"platform": Kind(platform).label}
        )
    return appointment


def require_may_register(platform: str, *, unit: Unit, by: User) -> Authority:
    """Return the appointment by which ``by`` may add a page there to the unit, be it posted to by
    hand, which needs no application of ours. Raises NotAllowed and Refused."""
    appointment = require(by, Permission.CHANNEL_MANAGE, unit=unit)
    if not unit.is_current:
        raise Refused(_("This unit no longer exists; channels belong to its successor."))
    if not is_permitted(platform, unit=unit):
        raise Refused(
            _(
                "%(platform)s is off until the provincial police allow it. Ask the "
                "department in charge there."
            )
            % {"platform": Kind(platform).label}
        )
    return appointment


def _new_attempt(
    platform: str, unit: Unit, by: User, session_key: str, state: str
) -> ConnectAttempt:
    return ConnectAttempt(
        platform=platform,
        unit=unit,
        user=by,
        session_hash=_hash(session_key),
        state_hash=_hash(state),
        created_at=timezone.now(),
    )


def may_return(channel: Channel) -> bool:
    """Tell whether a connect flow can end at this row: its unit still exists, and no other channel
    has got the page meanwhile."""
    page = (
        Channel.objects.usable()
        .filter(platform=channel.platform)
        .named_by({channel.external_id, *page_keys(channel)})
    )
    return channel.unit.is_current and (channel.health != Health.DISCONNECTED or not page.exists())


# --- coming back ----------------------------------------------------------------------------------


def accept_callback(
    platform: str, returned: Mapping[str, str], *, by: User, session_key: str
) -> ConnectAttempt:
    """Take what the dialog sent the browser back with, once, and store the pages that it opens for
    choosing."""
    begun = ConnectAttempt.objects.filter(
        state_hash=_hash(returned.get("state", "")),
        platform=platform,
        user=by,
        session_hash=_hash(session_key),
    )
    attempt = begun.select_related("unit", "user").first()
    if attempt is None:
        raise Refused(
            _("This answer does not belong to a connection that you began in this browser.")
        )
    with _end_flow_on_refusal(attempt):
        _store_offers(attempt, returned)
    return attempt


@contextmanager
def _end_flow_on_refusal(attempt: ConnectAttempt) -> Iterator[None]:
    """End the connect flow on a refusal, as `Stopped`. A missing right stays NotAllowed."""
    try:
        yield
    except NotAllowed:
        raise
    except Refused as error:
        raise ConnectFlowEnded(
            str(error), attempt, offered_nothing=isinstance(error, NoPageOffered)
        ) from None


def _store_offers(attempt: ConnectAttempt, returned: Mapping[str, str]) -> None:
    now, platform = timezone.now(), attempt.platform
    if not ConnectAttempt.objects.filter(pk=attempt.pk, answered_at__isnull=True).update(
        answered_at=now
    ):
        raise Refused(_("This answer was used already."))
    if attempt.created_at < now - LIFETIME:
        raise Refused(_("More than ten minutes have passed since you began."))
    if returned.get("error") or not returned.get("code"):
        raise Refused(_("The platform was not given the permission, so nothing was connected."))
    require_may_connect(platform, unit=attempt.unit, by=attempt.user)
    kept = _unseal_facts(attempt)
    offers = _request_offers(
        platform, returned, redirect_uri=_callback_address(platform), verifier=kept["verifier"]
    )
    if not offers and (why := CONNECTORS[platform].words.no_page_offered):
        raise NoPageOffered(_(why))
    if not offers:
        raise NoPageOffered(
            _(
                "The account that you signed in with administers no page there. Sign in "
                "with the page administrator's."
            )
        )
    _seal_facts(attempt, channel=kept["channel"], offers=offers)
    attempt.save(update_fields=["sealed"])


def _request_offers(platform: str, returned: Mapping[str, str], **bound: str) -> list[Offer]:
    app = settings.PLATFORMS[platform]
    try:
        return client.call(
            platform,
            lambda connector: connector.list_connectable_pages(app, returned, **bound),
            writes=False,
        )
    except (AccessLost, Rejected) as error:
        message = known_reason(platform, error.code) or error.detail
        raise Refused(_("The platform refused: %(words)s") % {"words": message}) from None
    except ConnectorError:
        message = _(
            "The platform does not answer now. Nothing was connected; try again in some minutes."
        )
        raise Refused(message) from None


# --- choosing -------------------------------------------------------------------------------------


def get_open_attempt(
    public_id: uuid.UUID | None, *, by: User, session_key: str, lock: bool = False
) -> ConnectAttempt:
    """Return the connect flow that a page of choices belongs to, which came back and waits. A
    session may have several, each for its own unit. Raises Refused, and Stopped where the flow is
    over."""
    flows = (
        ConnectAttempt.objects.select_for_update(of=("self",)) if lock else ConnectAttempt.objects
    )
    own = flows.select_related("unit").filter(user=by, session_hash=_hash(session_key))
    attempt = own.filter(public_id=public_id).first() if public_id else None
    if attempt is None:
        raise Refused(_("There is nothing to choose any more."))
    if attempt.closed_at:
        raise ConnectFlowEnded(
            _("You have chosen on this page already. To connect another page, begin again."),
            attempt,
        )
    if attempt.created_at < timezone.now() - LIFETIME:
        raise ConnectFlowEnded(_("More than ten minutes have passed since you began."), attempt)
    if "offers" not in _unseal_facts(attempt):
        raise ConnectFlowEnded(_("There is nothing to choose any more."), attempt)
    return attempt


def requested_channel(attempt: ConnectAttempt) -> str:
    """Return the channel that the connect flow is to connect again, no other; empty where any page
    may be chosen."""
    return _unseal_facts(attempt)["channel"] if attempt.sealed else ""


def list_choices(attempt: ConnectAttempt, *, by: User) -> list[Choice]:
    """Return the pages that were offered, each with the reason where it cannot be chosen. Holds no
    tokens, so that a page may show it."""
    offers = _stored_offers(attempt)
    return _build_choices(
        attempt, offers, _channels_of(attempt, offers).select_related("unit"), by=by
    )


def _build_choices(
    attempt: ConnectAttempt, offers: list[Offer], rows: QuerySet[Channel], *, by: User
) -> list[Choice]:
    requested = requested_channel(attempt)
    choices = []
    for offer in offers:
        bound = _channel_for(offer, rows, attempt.platform, requested)
        choices.append(_choice_from(offer, attempt, bound, requested, by=by))
    return choices


def _stored_offers(attempt: ConnectAttempt) -> list[Offer]:
    return [_deserialise_offer(offer) for offer in _unseal_facts(attempt)["offers"]]


def _channels_of(attempt: ConnectAttempt, offers: list[Offer]) -> QuerySet[Channel]:
    """Return the channels that have these pages, and the unit's own that once had one: the posts
    published there point to them."""
    names = {
        external_id
        for offer in offers
        for external_id in _possible_external_ids(offer, attempt.platform)
    }
    pages = Channel.objects.filter(platform=attempt.platform, external_id__in=names)
    return pages.filter(~Q(health=Health.DISCONNECTED) | Q(unit=attempt.unit)).order_by(
        "-connected_at"
    )


def _channel_for(offer: Offer, rows: Iterable[Channel], platform: str, only: str) -> Channel | None:
    """Return the channel that has the page now, or else the row that the page comes back to: the
    one asked for, or the latest."""
    names = _possible_external_ids(offer, platform)
    channels = [row for row in rows if row.external_id in names]
    having = [row for row in channels if row.health != Health.DISCONNECTED]
    if having:
        return min(having, key=lambda row: names.index(row.external_id))
    return next(
        (row for row in channels if str(row.public_id) == only), channels[0] if channels else None
    )


def _possible_external_ids(offer: Offer, platform: str) -> list[str]:
    """Return what a channel's ``external_id`` may be for this page: its number, or what its address
    calls it where it was registered to be posted to by hand."""
    profile = offer.profile
    names = [profile.external_id, name_key(profile.handle), page_key(platform, profile.address)]
    return [name for name in names if name]


def _choice_from(
    offer: Offer, attempt: ConnectAttempt, bound: Channel | None, requested: str, *, by: User
) -> Choice:
    """Return the offered page as a choice. ``bound``: the channel that has or had it."""
    if refusal := _refusal_of(offer, attempt, bound, requested, by=by):
        return Choice(offer.profile, refusal)
    renamed = (
        bound.known_name if bound and names_differ(bound.known_name, offer.profile.name) else ""
    )
    return Choice(offer.profile, known=bound, renamed=renamed)


def _refusal_of(
    offer: Offer, attempt: ConnectAttempt, bound: Channel | None, requested: str, *, by: User
) -> str:
    """Say why the page cannot be chosen; empty where it can."""
    if bound and bound.unit_id != attempt.unit_id:
        may_see = Channel.objects.visible_to(by).filter(pk=bound.pk).exists()
        where = bound.unit.name if may_see else _("another unit")
        return _("Connected to %(unit)s. A page belongs to one unit.") % {"unit": where}
    if requested and (bound is None or str(bound.public_id) != requested):
        return _("Another page than the one you are connecting again.")
    if bound and bound.lifecycle == Lifecycle.RETIRED:
        retired_at = bound.lifecycle_since
        if retired_at and retired_at > attempt.created_at:
            return _("This channel was closed after you began. To use the page again, begin again.")
    if not offer.usable:
        return _("What was granted does not suffice to post there.")
    return ""


@transaction.atomic
def connect_page(
    public_id: uuid.UUID | None, external_id: str, *, by: User, session_key: str
) -> Channel:
    """Take the last step: the page becomes the unit's channel, or its channel gets new credentials
    and stays what it is."""
    now = timezone.now()
    attempt = get_open_attempt(public_id, by=by, session_key=session_key, lock=True)
    with _end_flow_on_refusal(attempt):
        appointment = require_may_connect(attempt.platform, unit=attempt.unit, by=by)
        offer = _find_offer(attempt, external_id)
        # Held until the end: what somebody reports, stops or hands over meanwhile is seen here, or
        # comes after.
        rows = _channels_of(attempt, [offer]).select_for_update()
        (choice,) = _build_choices(attempt, [offer], rows, by=by)
        if choice.refused:
            raise Refused(choice.refused)
        channel = choice.known or Channel(unit=attempt.unit)
        action = "channel.connected" if channel.pk is None else "channel.connected_again"
        _save_connected(channel, offer, attempt, by=by, now=now)
        attempt.closed_at, attempt.sealed = now, b""
        attempt.save(update_fields=["closed_at", "sealed"])
        record(
            action,
            channel,
            by=by,
            position=appointment.position,
            platform=channel.platform,
            page=external_id,
        )
        if channel.awaits_confirmation:
            confirmation.notify_confirmers(channel, by=by)
    return channel


def _find_offer(attempt: ConnectAttempt, external_id: str) -> Offer:
    for offer in _stored_offers(attempt):
        if offer.profile.external_id == external_id:
            return offer
    raise Refused(_("Choose one of the pages."))


def _save_connected(
    channel: Channel, offer: Offer, attempt: ConnectAttempt, *, by: User, now: datetime
) -> None:
    """Save a channel, new or known, as connected to the page of the offer. Raises Refused where
    another unit was quicker.
    """
    external_id = offer.profile.external_id
    fields = {
        "platform": attempt.platform,
        "external_id": external_id,
        "health": Health.CONNECTED,
        "health_reason": "",
        "health_code": "",
        "connected_by": by,
        "connected_at": now,
        "subscribe_at": now,
        "leaving_since": None,
        "grant_left": False,
        **profile_fields(offer.profile, platform=attempt.platform, now=now),
        **_lifecycle_fields(channel, offer.profile, now=now),
        **confirmation.confirmation_fields(channel, external_id, by=by),
        **sealed_tokens(channel, offer.tokens, now=now),
    }
    is_known = channel.pk is not None
    for name, value in fields.items():
        setattr(channel, name, value)
    try:
        with transaction.atomic():
            channel.save(update_fields=[*fields] if is_known else None)
    except IntegrityError:
        raise Refused(_("Another unit connected this page a moment ago.")) from None


def _lifecycle_fields(channel: Channel, profile: Profile, *, now: datetime) -> dict[str, Any]:
    """Return the fields of the page's life that connecting sets. Connecting the page here
    confirms its name, unless it is held back; and what was posted while nobody watched is not
    foreign."""
    fields: dict[str, Any] = {}
    if channel.lifecycle not in (Lifecycle.FROZEN, Lifecycle.TAKEN_OVER):
        fields |= {"known_name": profile.name[:200], "known_handle": profile.handle[:100]}
    if channel.pk is None or channel.health in (Health.DISCONNECTED, Health.MANUAL):
        fields |= {"watched_since": now, "last_checked_at": None, "check_at": now}
    return fields | reopened_fields(channel, now=now)


def reopened_fields(channel: Channel, *, now: datetime) -> dict[str, Any]:
    """Return the fields by which a closed channel is in use again; what is held back for another
    reason stays so."""
    if channel.lifecycle != Lifecycle.RETIRED:
        return {}
    return {
        "lifecycle": Lifecycle.ACTIVE,
        "lifecycle_reason": "",
        "lifecycle_since": now,
        "successor": None,
    }


# --- facts sealed in a connect flow --------------------------------------------------------------


def _callback_address(platform: str) -> str:
    return settings.PORTAL_URL + reverse("channels:callback", args=[platform])


def _hash(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def _row_name(attempt: ConnectAttempt) -> str:
    return f"attempt:{attempt.public_id}"


def _seal_facts(
    attempt: ConnectAttempt, *, offers: list[Offer] | None = None, **facts: str
) -> None:
    kept: dict[str, Any] = dict(facts)
    if offers is not None:
        kept["offers"] = [_serialise_offer(offer) for offer in offers]
    attempt.sealed = sealing.seal(kept, row=_row_name(attempt))


def _unseal_facts(attempt: ConnectAttempt) -> dict[str, Any]:
    return sealing.unseal(attempt.sealed, row=_row_name(attempt))


def _serialise_offer(offer: Offer) -> dict[str, Any]:
    profile, tokens = offer.profile, offer.tokens
    return {
        "usable": offer.usable,
        "profile": {
            "external_id": profile.external_id,
            "name": profile.name,
            "handle": profile.handle,
            "address": profile.address,
            "followers": profile.followers,
            "missing": list(profile.missing),
        },
        "token": tokens.token,
        "refresh_token": tokens.refresh_token,
        "lifetime": tokens.lifetime and tokens.lifetime.total_seconds(),
        "grant_lifetime": tokens.grant_lifetime and tokens.grant_lifetime.total_seconds(),
    }


def _deserialise_offer(kept: Mapping[str, Any]) -> Offer:
    def span(seconds: float | None) -> timedelta | None:
        return timedelta(seconds=seconds) if seconds else None

    tokens = Tokens(
        kept["token"], kept["refresh_token"], span(kept["lifetime"]), span(kept["grant_lifetime"])
    )
    return Offer(Profile(**kept["profile"]), tokens, usable=kept["usable"])
