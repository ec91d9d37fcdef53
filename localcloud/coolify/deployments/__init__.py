"""Deployments: queueing, listing, cancelling."""
