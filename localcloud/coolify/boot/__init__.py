"""What the container does at every start, before and beside serving."""
