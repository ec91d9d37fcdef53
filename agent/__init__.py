"""What runs on a server by itself; it imports nothing of the other folders."""
