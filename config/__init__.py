"""Settings without Pulumi: `app.yaml` and a stack's config as typed objects, checked as a whole."""
