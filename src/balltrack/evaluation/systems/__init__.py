"""Several systems on one video: what each finds, how far they agree, how long each takes."""
