"""The verbs, one module each; importing one registers it."""
