"""What a network is shown: shots, backgrounds, windows."""
