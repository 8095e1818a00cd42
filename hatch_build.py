"""Let a wheel, or an editable install, carry the compiled fold."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

sys.path.insert(0, str(Path(__file__).parent))


class KernelHook(BuildHookInterface[Any]):
    """Compile before the files are collected; without a compiler change nothing."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Build the kernel and mark the wheel as one of this platform."""
        import build_kernel

        library = build_kernel.build()
        if library is None or version == "editable":
            return
        build_data["artifacts"].append(str(library.relative_to(self.root)))
        build_data["pure_python"] = False
        build_data["tag"] = build_kernel.platform_tag()
