"""The app's services: replicas, labels, database."""
