"""Servers as systemd containers with their own SSH, cloud-init and Docker engine."""
