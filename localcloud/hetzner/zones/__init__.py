"""Zones: domain names and their records."""
