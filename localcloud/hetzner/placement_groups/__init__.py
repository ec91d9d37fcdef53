"""Placement groups: servers that do not share a host."""
