"""Runs the black-box suite where the environment says, and tells what was not run there.

    suite.py FOLDER WHERE

FOLDER is the one of the sources; WHERE is what the place is called in the report. The variables are those of
tests/src/place.rs. A test that needs what the place has not ends as failed with the mark of place.rs: those are listed
with their reasons and counted. Any other failure is one, and so is a test binary that does not get to its end.
"""

import json
import os
import re
import subprocess
import sys
from collections import defaultdict
from pathlib import Path

# How a test says that it cannot be run here; MARK in tests/src/place.rs.
MARK = "not to be had here: "
# A binary takes two minutes where the machine has nothing else to do.
PATIENCE = 1_200


def executables(root):
    """The binaries of the suite, built as `cargo test --workspace` builds them, so that nothing is built twice."""
    command = ["cargo", "test", "--workspace", "--test", "*", "--no-run", "--locked"]
    command += ["--quiet", "--message-format", "json"]
    built = subprocess.run(command, cwd=root, check=True, stdout=subprocess.PIPE, text=True).stdout
    found = {}
    for line in built.splitlines():
        message = json.loads(line)
        if message["reason"] == "compiler-artifact" and message["executable"]:
            of_suite = Path(message["manifest_path"]).parent == root / "tests"
            if of_suite and message["target"]["kind"] == ["test"]:
                found[message["target"]["name"]] = message["executable"]
    assert found, "there are no test binaries"
    return dict(sorted(found.items()))


def run(root, executable):
    """What a binary wrote, and whether it got to its end."""
    environment = {**os.environ, "RUST_BACKTRACE": "0"}
    try:
        ended = subprocess.run(
            [executable], cwd=root / "tests", env=environment, timeout=PATIENCE, text=True, errors="replace",
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        )
    except subprocess.TimeoutExpired as timeout:
        return (timeout.stdout or b"").decode(errors="replace"), False
    # libtest ends with 101 where tests failed.
    return ended.stdout, ended.returncode in (0, 101)


def sections(output):
    """What each failed test wrote."""
    parts = re.split(r"^---- (\S+) stdout ----$", output, flags=re.MULTILINE)
    return dict(zip(parts[1::2], parts[2::2], strict=True))


def judge(output):
    """How many passed, the reason of each that cannot be run here, and the names of those that failed."""
    passed, lacking, failed = 0, {}, []
    written = sections(output)
    for name, outcome in re.findall(r"^test (\S+)(?: - should panic)? \.\.\. (ok|FAILED)$", output, re.MULTILINE):
        if outcome == "ok":
            passed += 1
            continue
        reason = re.search(rf"^{re.escape(MARK)}(.*)$", written.get(name, ""), re.MULTILINE)
        if reason:
            lacking[name] = reason[1]
        else:
            failed.append(name)
    return passed, lacking, failed


def main():
    root, where = Path(sys.argv[1]).resolve(), sys.argv[2]
    passed, lacking, failed = 0, defaultdict(list), []
    for name, executable in executables(root).items():
        output, complete = run(root, executable)
        ran, lacks, fails = judge(output)
        # What was counted has to be all that there is.
        told = re.findall(r"^test result: .* (\d+) passed; (\d+) failed;", output, re.MULTILINE)
        complete = complete and told == [(str(ran), str(len(lacks) + len(fails)))]
        passed += ran
        for test, reason in lacks.items():
            lacking[reason].append(f"{name}::{test}")
        failed += [f"{name}::{test}" for test in fails]
        if fails or not complete:
            print(output)
        if not complete:
            failed.append(f"{name}, which did not get to its end")
    count = sum(map(len, lacking.values()))
    for reason, tests in sorted(lacking.items()):
        print(f"{where}: {len(tests)} not run, for want of {reason}:")
        for test in tests:
            print(f"    {test}")
    for test in failed:
        print(f"{where}: failed: {test}")
    print(f"{where}: {passed} tests passed, {count} cannot be run there, {len(failed)} failed")
    sys.exit(bool(failed) or not passed)


if __name__ == "__main__":
    main()
