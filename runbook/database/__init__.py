"""E3: the database's state, and what to do when it is not well."""

from runbook.database.doctor import Doctor, Tools
from runbook.database.state import State, look

__all__ = ["Doctor", "State", "Tools", "look"]
