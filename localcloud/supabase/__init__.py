"""Supabase's management API, and the real databases behind it."""
