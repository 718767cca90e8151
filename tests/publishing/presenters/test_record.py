"""The lines of the record on the pages of a post and of a pause."""

from audit.sentences import SENTENCES
from posts.states import PostState
from publishing.presenters.record import _ACTIONS
from publishing.states import BroadcastState, State

SHOWN = {"post", "delivery", "broadcast", "pause"}
# The post is gone with its page.
WITHOUT_A_PAGE = {"post.blank_removed", "post.draft_removed"}


def test_each_action_that_is_recorded_of_them_has_its_words_here_and_in_the_record():
    # A third part names the method of signing, for which the record has a sentence of its own.
    recorded = {".".join(action.split(".")[:2]) for action in SENTENCES}
    recorded = {action for action in recorded if action.partition(".")[0] in SHOWN}

    assert set(_ACTIONS) == recorded - WITHOUT_A_PAGE


def test_each_state_that_a_row_can_enter_has_its_words():
    entered = {f"post.{state}" for state in PostState} | {f"delivery.{state}" for state in State}
    entered |= {f"broadcast.{state}" for state in BroadcastState}

    assert entered - set(_ACTIONS) == set()
