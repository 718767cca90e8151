import pytest

from channels.models import Channel
from channels.reasons import describe_reason
from channels.states import Health


@pytest.mark.parametrize(
    ("platform", "code", "words"),
    [
        (
            "facebook",
            "190/460",
            (
                "the password of the Facebook account that connected the page was changed; "
                "connect again"
            ),
        ),
        ("zalo", "-221", "Zalo asks that the OA be verified first"),
        ("zalo", "-234", "Zalo sends nothing to followers between 22:00 and 06:00"),
        ("telegram", "401", "the bot's token was withdrawn; connect the channel with the new one"),
        (
            "instagram",
            "4/2207051",
            (
                "the platform holds the account's posts for spam for a while; look in the "
                "app, and try again hours later"
            ),
        ),
        (
            "instagram",
            "2207026",
            "the platform could not take a video or a picture; save it anew, or replace it",
        ),
        (
            "threads",
            "190/463",
            "the platform no longer accepts this connection; connect the channel again",
        ),
        (
            "threads",
            "INVALID_DURATION",
            "the platform could not take a video or a picture; save it anew, or replace it",
        ),
        (
            "tiktok",
            "privacy_level_option_mismatch",
            (
                "the account's settings no longer allow the audience that was chosen; choose "
                "again who can see the post"
            ),
        ),
        (
            "youtube",
            "uploadLimitExceeded",
            "the channel has used up its uploads of the day; publish again tomorrow",
        ),
        (
            "telegram",
            "queued",
            "Telegram took the video and has not given it a number yet; look in the channel",
        ),
        ("telegram", "502", "the platform did not answer properly"),
    ],
)
def test_a_known_number_is_reported_in_plain_words(platform, code, words):
    assert describe_reason(platform, code, "whatever the platform said") == words


def test_an_unknown_number_leaves_the_platforms_own_words():
    assert (
        describe_reason("facebook", "99999", "Something odd")
        == "the platform said: “Something odd”"
    )
    assert describe_reason("facebook", "", "") == "no reason given"


def test_a_reason_that_the_portal_gave_itself_stands_as_it_is():
    ours = Channel(
        platform="zalo",
        health=Health.LOST,
        health_reason="The province no longer allows this platform.",
    )
    theirs = Channel(
        platform="facebook", health=Health.LOST, health_reason="(#190) …", health_code="190"
    )
    assert ours.why_lost == "The province no longer allows this platform."
    assert (
        theirs.why_lost
        == "the platform no longer accepts this connection; connect the channel again"
    )
