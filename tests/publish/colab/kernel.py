"""A kernel on what a student gets from Colab: a machine that is new, has only Colab's packages, and no file of ours.

Run by the environment's own Python, isolated (``-I``). Each start makes a machine of its own: an empty working
directory, a home, and a folder into which pip installs, first on the path; pip has no index, so that nothing but
the wheel that a notebook names by its address can be installed. The machines lie in the folder that the
variable COLAB_MACHINES names. Needs nothing but the standard library before the kernel starts.
"""

import os
import sys
import tempfile
import types
from pathlib import Path

KEPT = ("LANG", "LC_ALL", "TMPDIR", "SYSTEMROOT", "JPY_PARENT_PID")  # the last ends an orphan
MATPLOTLIB = Path(sys.prefix) / "share/matplotlib"  # its list of fonts takes seconds to make


def machine() -> Path:
    """Make a new machine and move into it: folders, variables, path."""
    root = Path(tempfile.mkdtemp(prefix="machine-", dir=os.environ.get("COLAB_MACHINES")))
    for name in ("content", "home", "packages"):
        (root / name).mkdir()
    variables = {
        **{name: os.environ[name] for name in KEPT if name in os.environ},
        "HOME": str(root / "home"),
        "PATH": os.pathsep.join([str(Path(sys.executable).parent), "/usr/bin", "/bin"]),
        "PYTHONPATH": str(root / "packages"),  # for what a cell may start
        "PYTHONNOUSERSITE": "1",
        "PIP_TARGET": str(root / "packages"),
        "PIP_NO_INDEX": "1",
        "PIP_CONFIG_FILE": os.devnull,
        "PIP_DISABLE_PIP_VERSION_CHECK": "1",
        "MPLCONFIGDIR": str(MATPLOTLIB),
        "OMP_NUM_THREADS": "1",
    }
    os.environ.clear()
    os.environ.update(variables)
    sys.path.insert(0, str(root / "packages"))
    os.chdir(root / "content")
    return root


def pretend_colab() -> None:
    """Put a module google.colab where Colab's own would be: that is what notebooks ask for."""
    google, colab = types.ModuleType("google"), types.ModuleType("google.colab")
    google.colab = colab
    sys.modules.update({"google": google, "google.colab": colab})


if __name__ == "__main__":
    machine()
    pretend_colab()
    from ipykernel.kernelapp import IPKernelApp

    IPKernelApp.launch_instance()
