"""Leave the network, and one processor to work on."""

import contextlib
import os


def leave_network() -> None:
    """Move into a network without a way out, where the kernel lets unprivileged programs do so;
    elsewhere the container's own networks bound it.
    """
    unshare = getattr(os, "unshare", None)
    if unshare:
        with contextlib.suppress(OSError):
            unshare(os.CLONE_NEWUSER | os.CLONE_NEWNET)
    with contextlib.suppress(ImportError):
        import cv2

        cv2.setNumThreads(1)
