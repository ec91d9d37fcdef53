"""Tags of applications."""
