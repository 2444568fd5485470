"""Training of the network that tells pictures of play from others."""
