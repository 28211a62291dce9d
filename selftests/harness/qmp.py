# SPDX-License-Identifier: GPL-2.0
"""QEMU's monitor, by QEMU's own library."""

import asyncio
from pathlib import Path
from typing import Any

from qemu.qmp import QMPClient

# In seconds. A screen is on disk in far less, but the machine may be busy.
LIMIT = 30


def execute(monitor: Path, command: str, **arguments: Any) -> Any:
    """Returns what QEMU returns; raises ExecuteError with what it says went wrong."""

    async def run() -> Any:
        client = await _connect(monitor)
        try:
            return await client.execute(command, arguments)
        finally:
            await client.disconnect()

    return asyncio.run(asyncio.wait_for(run(), LIMIT))


async def _connect(monitor: Path) -> QMPClient:
    client = QMPClient()
    await client.connect(str(monitor))
    return client
