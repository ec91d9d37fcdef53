"""Whether the tests notice: programs changed on purpose, one place at a time, and tested."""
