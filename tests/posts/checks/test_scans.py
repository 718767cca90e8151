"""Unchecked media, and findings that nobody has decided on, keep a post from being submitted."""

import pytest

from posts.checks import scans
from posts.checks.base import Draft, MediaCheck, OpenBox
from tests.posts.checks.test_registry import NOW

FACE = OpenBox("face", "face")
NUMBER = OpenBox("text", "id_cccd", may_be_shown=False)


def found(check=None, **medium):
    content = {"media": [{"media": "7", "alt": "Ảnh", **medium}]}
    checks = {} if check is None else {"7": check}
    draft = Draft(content=content, text="", now=NOW, media_checks=checks)
    return list(scans.check_scans(draft))


@pytest.mark.parametrize("state", ["", "waiting", "running"])
def test_unchecked_media_block(state):
    (finding,) = found(MediaCheck(state))

    assert (finding.rule, finding.severity, finding.where) == (
        "media_unchecked",
        "block",
        "media-7",
    )


def test_media_that_nobody_queued_block_too():
    assert [finding.rule for finding in found()] == ["media_unchecked"]


def test_checked_media_without_findings_pass():
    assert found(MediaCheck("done")) == []


@pytest.mark.parametrize("state", ["done", "failed"])
def test_a_missing_scanner_blocks_until_somebody_has_looked(state):
    (finding,) = found(MediaCheck(state, needs_review=True, missing=("faces", "text")))

    assert finding.rule == "media_by_eye"
    assert "faces, text" in finding.message
    assert found(MediaCheck(state, missing=("faces", "text"))) == []


def test_findings_of_a_kind_are_one_finding():
    (finding,) = found(MediaCheck("done", open=(FACE, FACE, FACE)))

    assert finding.rule == "media_face"
    assert finding.message.startswith("In the picture: 3 faces are seen. Blur it, or say why")


def test_text_in_a_picture_counts_as_text():
    (finding,) = found(MediaCheck("done", open=(NUMBER,)))

    assert finding.rule == "leak_id_cccd"
    assert finding.message.endswith("Blur it.")


def test_a_video_is_blurred_or_cut():
    (finding,) = found(MediaCheck("done", open=(FACE,)), video="video/mp4")

    assert finding.message.endswith("Blur it, cut it out, or say why it may be shown.")


def test_a_mark_of_secrecy_says_to_stop_and_report():
    box = OpenBox("stamp", "secret_mark", may_be_shown=False)

    (finding,) = found(MediaCheck("done", open=(box,)))

    assert "Take it out, stop working with it" in finding.message
    assert "report to your unit's leader" in finding.message
