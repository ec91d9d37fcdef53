"""Locations: where things are."""
