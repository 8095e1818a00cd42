"""A plugin for pytest: load the kernel that is named in the environment."""

from __future__ import annotations

import os
from pathlib import Path

from leastwise.moments import kernel

kernel.LIBRARY = Path(os.environ["LEASTWISE_WATCHED_KERNEL"])
