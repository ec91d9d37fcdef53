"""Firewalls: which packets reach a server."""
