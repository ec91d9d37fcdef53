"""E2: back to an earlier tag, by the engine, or by Docker alone when Coolify is down."""
