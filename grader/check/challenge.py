"""Seeds for hidden tests: the same for a whole class and at an appeal, unknown to students.

A seed is the HMAC of the exercise and the case under the course's secret (RFC 2104, SHA-256), which an instructor sets
as GRADER_SECRET. Without one the seeds are those of the public course.
"""

import hashlib
import hmac
import os
from contextvars import ContextVar

# Set while tests are run for nobody, so that what depends on no answer is computed once for a class.
preparing: ContextVar[bool] = ContextVar("preparing", default=False)


def challenge_seed(exercise: str, case: str) -> int:
    """A seed of 48 bits for one case of one exercise, for example ("5.1", "fresh batch 2")."""
    secret = os.environ.get("GRADER_SECRET", "the public course")
    digest = hmac.new(secret.encode(), f"{exercise}\n{case}".encode(), hashlib.sha256).digest()
    return int.from_bytes(digest[:6], "big")
