"""A report as one HTML page that needs nothing else: no script, no font, no picture, no network."""

from checks.page.drill import Step, Timeline, document_of
from checks.page.page import page

__all__ = ["Step", "Timeline", "document_of", "page"]
