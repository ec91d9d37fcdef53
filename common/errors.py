"""Errors that are meant for the person at the terminal."""

from __future__ import annotations


class OperatorError(Exception):
    """Something the operator can mend; its text says what is wrong and what would be right.

    Command lines print the text of this error and exit with a code other than 0; they never
    print its traceback.
    """
