"""Actions: what the API does in its own time, and how it went."""
