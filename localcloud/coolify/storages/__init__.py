"""Volumes of applications."""
