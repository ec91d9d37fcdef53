"""Coolify's API: one client for whoever changes things there."""
