"""What choosing the path believes: fitted to a network by the clips it was trained on."""
