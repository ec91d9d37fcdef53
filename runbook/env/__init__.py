"""The app's variables: an existing `.env` into the config, and what the platform has of them."""
