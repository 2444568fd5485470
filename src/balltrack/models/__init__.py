"""Networks as plain modules: no files, no OpenCV."""
