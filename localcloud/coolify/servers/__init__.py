"""Managed servers."""
