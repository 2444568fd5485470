"""The network that tells pictures of play from others."""
