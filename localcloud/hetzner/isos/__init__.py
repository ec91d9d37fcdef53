"""ISOs: none is offered."""
