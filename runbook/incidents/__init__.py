"""I1-I3: incidents as Markdown files in the project's folder `incidents/`."""

from runbook.incidents.folder import Folder
from runbook.incidents.incident import Event, Incident, State
from runbook.incidents.recording import record
from runbook.incidents.severity import Severity

__all__ = ["Event", "Folder", "Incident", "Severity", "State", "record"]
