"""Pricing: what everything costs."""
