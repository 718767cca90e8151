"""The signatures of approvals: what is signed, and storing the proof."""

from collections.abc import Mapping

from django.utils.translation import gettext as _

from accounts.models import User
from core.errors import Refused
from posts.models import Review, Revision, Signature, SignedList
from posts.review import approvals
from posts.review.queries import step_of
from posts.states import Decision


def sign(review: Review, revision: Revision, proof: approvals.Proof) -> None:
    """Store the proof of an approval. Called in the approval's own transaction."""
    step, listed = Decision(review.decision), proof.listed
    text = statement_of(revision, proof, by=review.by, step=step)
    signed = (
        approvals.sign_listed(text, listed)
        if listed
        else approvals.sign(text, proof.method, proof.assertion)
    )
    revision_id, sha256 = str(revision.public_id), revision.content_sha256
    if approvals.approval_problem(
        signed,
        revision=revision_id,
        content_sha256=sha256,
        by=review.by_id,
        listed=listed,
        decision=step,
    ):
        raise Refused(
            _("The passkey did not sign this post. Nothing was approved; please try again.")
        )
    Signature.objects.create(
        review=review, listed_id=listed.id if listed else None, **signed._asdict()
    )


def sign_list(text: str, assertion: Mapping[str, str]) -> approvals.Listed:
    """Store a list that a passkey signed, before the approvals that refer to it. Raise Refused."""
    signed = approvals.sign(text, approvals.Method.PASSKEY, assertion)
    listed = approvals.read_list(signed, id=0)
    if listed.problem:
        raise Refused(
            _(
                "The passkey did not sign these posts as they are now. Nothing was "
                "approved; please try again."
            )
        )
    return listed._replace(id=SignedList.objects.create(**signed._asdict()).pk)


def list_statement_of(proofs: Mapping[Revision, approvals.Proof], *, by: User) -> str:
    """Return the statement that ``by`` signs to approve several revisions by one touch, all from a
    page of one number.
    """
    nonce = next(proof.nonce for proof in proofs.values())
    statements = [statement_of(revision, proof, by=by) for revision, proof in proofs.items()]
    return approvals.build_list_statement(statements, nonce=nonce)


def statement_of(
    revision: Revision, proof: approvals.Proof, *, by: User, step: Decision | None = None
) -> str:
    """Return the statement that ``by`` signs to approve the revision, as the step that is next
    unless another is named.
    """
    return approvals.build_statement(
        revision=str(revision.public_id),
        content_sha256=revision.content_sha256,
        channels=[target["channel"] for target in revision.content["channels"]],
        by=by.pk,
        requested=proof.requested,
        rendered_at=proof.rendered_at,
        nonce=proof.nonce,
        decision=step or step_of(revision.post),
    )
