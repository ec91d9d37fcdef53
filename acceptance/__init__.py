"""The main story on real clouds: what it costs is said before, and nothing of it stays."""
