"""Make .venv from requirements.lock, once; say in one line what is missing if that cannot be done.

Runs with whatever python3 there is, so it uses no syntax newer than Python 3.6.
"""

import hashlib
import os
import subprocess
import sys

from tools.course import ROOT

VENV = os.path.join(ROOT, ".venv")
READY = os.path.join(VENV, ".ready")
LOG = os.path.join(ROOT, "_build", "environment.log")
NEEDED = (3, 11)
NETWORK = ("NewConnectionError", "ConnectTimeoutError", "NameResolutionError", "ProxyError",
           "Network is unreachable", "ReadTimeoutError",
           "ConnectionResetError")  # fmt: skip


def fail(line):
    """Say what is wrong in one line and stop."""
    sys.stdout.flush()
    sys.exit("error: " + line)


def fingerprint():
    """Return what the environment was made from: the lock file, this Python, this place."""
    sha = hashlib.sha256((sys.version + ROOT).encode())
    for name in ("requirements.lock", "pyproject.toml"):
        with open(os.path.join(ROOT, name), "rb") as file:
            sha.update(file.read())
    return sha.hexdigest()


def python():
    """Return the path of the environment's own interpreter."""
    folder = "Scripts" if os.name == "nt" else "bin"
    return os.path.join(VENV, folder, "python")


def run(command, log):
    """Run a command with its output in the log, a count of packages on a terminal; return whether it worked."""
    process = subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, universal_newlines=True
    )
    count = 0
    for line in process.stdout:
        log.write(line)
        if line.startswith("Collecting"):
            count += 1
            if sys.stdout.isatty():
                sys.stdout.write(f"\r  {count} packages")
                sys.stdout.flush()
    if count and sys.stdout.isatty():
        print("")
    return process.wait() == 0


def main():
    """Make the environment unless it is there."""
    if sys.version_info < NEEDED:
        fail("Python {}.{} or newer is needed, and {} is {}.{}; try: make PYTHON=python3.12".format(
            NEEDED[0], NEEDED[1], sys.executable, *sys.version_info[:2]))  # fmt: skip
    wanted = fingerprint()
    if os.path.exists(READY):
        with open(READY) as file:
            if file.read() == wanted:
                return
        os.remove(READY)
        clear = []
    else:
        clear = ["--clear"]  # a set-up that was interrupted: begin again
    if not os.path.isdir(os.path.dirname(LOG)):
        os.makedirs(os.path.dirname(LOG))
    print("Setting up .venv (once; several minutes and about 2 GB on disk)")
    with open(LOG, "w") as log:
        if not run([sys.executable, "-m", "venv"] + clear + [VENV], log):
            fail(
                "python3 -m venv does not work here; on Debian or Ubuntu: apt install python3-venv"
            )
        pip = [python(), "-m", "pip", "install", "--disable-pip-version-check", "--no-input"]
        packages = pip + ["--retries", "2", "-r", os.path.join(ROOT, "requirements.lock")]
        nflib = pip + ["--no-deps", "--no-build-isolation", "-e", ROOT]
        worked = run(packages, log) and run(nflib, log)
    if not worked:
        with open(LOG) as log:
            text = log.read()
        if any(word in text for word in NETWORK):
            fail(
                "the packages cannot be downloaded; is there a network? (details: _build/environment.log)"
            )
        fail("the packages cannot be installed; the reason is at the end of _build/environment.log")
    with open(READY, "w") as file:
        file.write(wanted)


if __name__ == "__main__":
    try:
        main()
    except KeyboardInterrupt:
        fail("interrupted; the next make begins again")
