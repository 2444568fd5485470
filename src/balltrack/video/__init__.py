"""Videos in and out: probing, reading, decoding ahead, shots, background, writing, overlay."""
