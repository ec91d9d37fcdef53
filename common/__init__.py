"""What the program, its checks and its CLI share: the target, SSH, waits, errors."""
