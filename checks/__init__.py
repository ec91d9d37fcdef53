"""What must be true of a running platform: evidence, verdicts, a registry, reports."""
