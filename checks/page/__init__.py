"""A report as one HTML page that needs nothing else: no script, no font, no picture, no network."""

from checks.page.drill import Step, Timeline, document_of
from checks.page.links import Links
from checks.page.page import page

__all__ = ["Links", "Step", "Timeline", "document_of", "page"]
