"""Puts each deliberate bug into a copy of the project and simulates days until one is found."""
import argparse
import pathlib
import re
import shutil
import subprocess
import sys
import time
import tomllib

ROOT = pathlib.Path(__file__).resolve().parent.parent
TREE = ROOT / "target" / "mutations"


def copy_tree():
    listed = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True)
    for name in listed.stdout.splitlines():
        source, place = ROOT / name, TREE / name
        if not source.is_file():
            continue
        if place.is_file() and place.read_bytes() == source.read_bytes():
            continue  # Its time stays, so that nothing is built anew for it.
        place.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(source, place)


def build():
    command = ["cargo", "build", "--locked", "--example", "simulate", "--target-dir", str(ROOT / "target")]
    built = subprocess.run(command, cwd=TREE, capture_output=True, text=True)
    return built.returncode == 0, built.stderr


def simulate(days, seconds):
    program = ROOT / "target" / "debug" / "examples" / "simulate"
    command = [program, "--days", str(days), "--seed", "1", "--first"]
    try:
        run = subprocess.run(command, capture_output=True, text=True, timeout=seconds)
        return run.returncode, run.stdout + run.stderr
    except subprocess.TimeoutExpired as late:
        # A bug that keeps the program busy for ever is found as well; but the machine may be slow.
        return 1, (late.stdout or b"").decode() + f"\nseed 1: a run did not end in {seconds} s"


def main():
    arguments = argparse.ArgumentParser()
    arguments.add_argument("--only", default="")
    arguments.add_argument("--days", type=int, default=20)
    arguments.add_argument("--seconds", type=int, default=900)
    given = arguments.parse_args()
    mutations = tomllib.loads((ROOT / "tests/mutations.toml").read_text())["mutation"]
    survivors = []
    for one in (one for one in mutations if given.only in one["name"]):
        copy_tree()
        place = TREE / one["file"]
        place.write_text(place.read_text().replace(one["from"], one["to"]))
        began = time.monotonic()
        ok, words = build()
        if not ok:
            print(f"{one['name']:36} DOES NOT BUILD\n{words[-2000:]}")
            survivors.append(one["name"])
            continue
        code, output = simulate(given.days, given.seconds)
        found = re.search(r"^(?:seed .*|.*panicked.*)$", output, re.M)
        took = time.monotonic() - began
        if code == 0:
            survivors.append(one["name"])
            print(f"{one['name']:36} NOT FOUND in {given.days} days, {took:.0f} s", flush=True)
        else:
            print(f"{one['name']:36} {took:4.0f} s  {found.group(0)[:150] if found else 'it broke'}", flush=True)
    copy_tree()
    print(f"not found: {', '.join(survivors) or 'none'}")
    return 1 if survivors else 0


sys.exit(main())
