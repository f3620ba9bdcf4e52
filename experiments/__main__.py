"""`python -m experiments VERB`: the commands."""

import sys

try:
    from experiments.cli import main
except KeyboardInterrupt:
    print("gongji: interrupted", file=sys.stderr)
    sys.exit(130)

if __name__ == "__main__":
    sys.exit(main())
