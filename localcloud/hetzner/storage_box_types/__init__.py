"""Storage Box types: what Hetzner sells."""
