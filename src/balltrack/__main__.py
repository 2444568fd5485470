"""``python -m balltrack``, the way ``torchrun -m`` starts it."""

from balltrack.cli.main import main

if __name__ == "__main__":
    main()
