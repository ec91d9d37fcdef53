"""Where the vendors' APIs are, unless a stack says otherwise."""

HCLOUD_ENDPOINT = "https://api.hetzner.cloud/v1"
HETZNER_ENDPOINT = "https://api.hetzner.com/v1"
"""Sells Storage Boxes."""
