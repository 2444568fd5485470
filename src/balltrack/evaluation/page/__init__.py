"""The worst misses as pictures in one HTML file."""
