#!/usr/bin/env python3
"""Runs a test and keeps its output, since ctest does not show the output of tests that pass.

    keep_report.py REPORT COMMAND...    copies the output of COMMAND to the file REPORT; returns its exit status
"""

import os
import subprocess
import sys


def main(arguments):
    report, command = arguments[0], arguments[1:]
    os.makedirs(os.path.dirname(os.path.abspath(report)), exist_ok=True)
    with open(report, "wb") as file, subprocess.Popen(command, stdout=subprocess.PIPE,
                                                      stderr=subprocess.STDOUT) as process:
        for line in process.stdout:
            for out in (sys.stdout.buffer, file):
                out.write(line)
                out.flush()
    # After a signal, the exit status that a shell returns.
    return process.returncode if process.returncode >= 0 else 128 - process.returncode


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
