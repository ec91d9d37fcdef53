"""Images: systems to install, snapshots and backups of servers."""
