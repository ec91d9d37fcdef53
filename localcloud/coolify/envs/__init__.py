"""Environment variables of applications."""
