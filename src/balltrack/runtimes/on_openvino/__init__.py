"""Networks run by OpenVINO, on the CPU."""
