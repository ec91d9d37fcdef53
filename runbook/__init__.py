"""The operator CLI: what cannot be declared is a verb here."""
