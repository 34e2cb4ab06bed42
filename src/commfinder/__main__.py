"""`python -m commfinder` is the command `commfinder`."""

from commfinder.cli import main

if __name__ == "__main__":
    main()
