"""The proxy: HAProxy configured from the labels Traefik would read."""
