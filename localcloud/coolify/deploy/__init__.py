"""What a deployment does on a server."""
