"""What an NVIDIA GPU decodes."""
