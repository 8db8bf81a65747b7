"""Measures whole processes of the release binary, the way a person waits for them.

Usage: python3 benches/latency.py PATH_TO_SAYFLOW [--rounds N]

Absolute times depend on the machine, so each is also given as a ratio to two baselines that are measured in the same
rounds: `sayflow --version` (what starting the program costs) and eight synced writes to a file (what a small durable
run owes the disk). Exit code 1 when a target is missed.
"""

import argparse
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time

ASK = "Read orders.csv, keep the rows where status is paid, sort them by amount and save them to paid.json"

WORKFLOW = """\
name: three-steps
steps:
  - id: orders
    uses: file.read
    with: { path: orders.csv }
  - id: paid
    uses: data.filter
    with: { items: "${{ steps.orders.output.content }}", where: "${{ item.status === 'paid' }}" }
  - id: save
    uses: file.write
    with: { path: paid.json, content: "${{ steps.paid.output.items }}" }
"""

# What README promises, in milliseconds.
TARGETS = {"ask": 150.0, "run": 100.0}


def timed(work):
    """Milliseconds that a call takes."""
    start = time.perf_counter()
    work()
    return (time.perf_counter() - start) * 1000


def process(command, cwd, env):
    """A call that runs a command to its end and complains when it fails."""

    def run():
        done = subprocess.run(command, cwd=cwd, env=env, stdin=subprocess.DEVNULL, capture_output=True, text=True)
        if done.returncode != 0:
            sys.exit(f"{' '.join(command)}: exit code {done.returncode}\n{done.stdout}\n{done.stderr}")
        return done.stdout

    return run


def synced_writes(folder):
    """Eight appends to one file, each synced: the floor under anything durable."""
    with open(os.path.join(folder, "synced"), "ab", buffering=0) as file:
        for _ in range(8):
            file.write(b"x" * 512)
            os.fsync(file.fileno())


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("binary")
    parser.add_argument("--rounds", type=int, default=20)
    options = parser.parse_args()
    binary = os.path.abspath(options.binary)
    here = os.path.dirname(os.path.abspath(__file__))

    with tempfile.TemporaryDirectory(prefix="sayflow-bench-") as folder:
        workspace = os.path.join(folder, "workspace")
        os.mkdir(workspace)
        shutil.copy(os.path.join(here, "..", "examples", "orders.csv"), workspace)
        with open(os.path.join(workspace, "three-steps.yaml"), "w", encoding="utf-8") as file:
            file.write(WORKFLOW)
        env = {"PATH": os.environ["PATH"], "HOME": folder, "SAYFLOW_HOME": os.path.join(folder, "home"), "TZ": "UTC"}

        ask = process([binary, "ask", ASK, "--output", "json"], workspace, env)
        run = process([binary, "run", "three-steps.yaml", "--yes", "--output", "json"], workspace, env)
        version = process([binary, "--version"], workspace, env)

        # The first calls create the data folder and fill the page cache; they also prove that the work is real.
        if not json.loads(ask())["draft"]:
            sys.exit("ask gave no draft")
        if json.loads(run())["run"]["status"] != "succeeded" or not os.path.exists(os.path.join(workspace, "paid.json")):
            sys.exit("run did not succeed")

        samples = {"version": [], "synced": [], "ask": [], "run": []}
        for _ in range(options.rounds):
            # Interleaved, so that a noisy minute hits all of them alike.
            samples["version"].append(timed(version))
            samples["synced"].append(timed(lambda: synced_writes(folder)))
            samples["ask"].append(timed(ask))
            samples["run"].append(timed(run))

    median = {name: statistics.median(values) for name, values in samples.items()}
    print(f"{os.cpu_count()} cores, {options.rounds} rounds, medians in ms")
    print(f"{'':34}{'median':>9}{'worst':>9}{'x start':>9}{'x sync':>9}{'target':>9}")
    labels = {
        "version": "sayflow --version (start)",
        "synced": "8 synced writes (sync)",
        "ask": "second ask, no server, not run",
        "run": "run of a three-step file workflow",
    }
    missed = False
    for name, label in labels.items():
        target = TARGETS.get(name)
        missed = missed or (target is not None and median[name] > target)
        print(
            f"{label:34}{median[name]:9.1f}{max(samples[name]):9.1f}{median[name] / median['version']:9.1f}"
            f"{median[name] / median['synced']:9.1f}{(f'< {target:.0f}' if target else ''):>9}"
        )
    if missed:
        sys.exit("a target was missed")


if __name__ == "__main__":
    main()
