"""What a person can mend, as an exception."""

from __future__ import annotations


class UserError(Exception):
    """What the person at the keyboard can mend: printed as ``error: ...``, no traceback.

    ``exit_code`` is 1 for a failed job and 2 for a command that was not understood.
    """

    def __init__(self, message: str, exit_code: int = 1) -> None:
        super().__init__(message)
        self.exit_code = exit_code
