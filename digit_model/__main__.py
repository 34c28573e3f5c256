"""Recognise digits and numbers in pictures; evaluate, export or upload the weights."""

import io
import os
import signal
import sys

from digit_model import ModelError
from digit_model.cli import evaluate, export, predict, publish, read
from digit_model.cli.arguments import Parser
from digit_model.data import DataError
from digit_model.files import describe


def main(argv: list[str] | None = None) -> int:
    parser = Parser(prog="python -m digit_model", description=__doc__)
    verbs = parser.add_subparsers(required=True, metavar="VERB", parser_class=Parser)
    for module in (predict, read, evaluate, export, publish):
        module.add_verbs(verbs)
    args = parser.parse_args(argv)
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):  # names of files may be beyond its encoding
            stream.reconfigure(errors="backslashreplace")
    try:
        status = args.run(args)
        if sys.stdout is not None:  # it may be closed from the start
            sys.stdout.flush()
        return status
    except BrokenPipeError:  # whoever reads has enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # flushed at exit once more
        return 0
    except (DataError, ModelError, OSError) as error:
        print(f"digit_model: {describe(error)}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("\ndigit_model: Stopped.", file=sys.stderr)
        return 130


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # to end as by Ctrl-C
    sys.exit(main())
