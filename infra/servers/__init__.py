"""Servers, from Hetzner's catalogue to a machine that replicas may be placed on."""
