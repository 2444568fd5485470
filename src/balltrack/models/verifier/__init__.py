"""The network of the second look, and what it is shown."""
