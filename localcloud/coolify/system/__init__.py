"""System: version and the switch of the API."""
