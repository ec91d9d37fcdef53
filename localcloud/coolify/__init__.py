"""Coolify of the double: installer, API, deployments and proxy that run on a server."""
