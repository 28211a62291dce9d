# SPDX-License-Identifier: GPL-2.0
"""QEMU's monitor, by QEMU's own library."""

import asyncio
from pathlib import Path
from typing import Any

from qemu.qmp import QMPClient

# In seconds. A screen is on disk in far less, but the machine may be busy.
LIMIT = 30
# A machine that hibernates writes its memory before it is off.
OFF_LIMIT = 300


def execute(monitor: Path, command: str, **arguments: Any) -> Any:
    """Returns what QEMU returns; raises ExecuteError with what it says went wrong."""

    async def run() -> Any:
        client = await _connect(monitor)
        try:
            return await client.execute(command, arguments)
        finally:
            await client.disconnect()

    return asyncio.run(asyncio.wait_for(run(), LIMIT))


def stay_when_off(monitor: Path) -> None:
    """Has QEMU keep the machine when the guest switches it off, or resets it."""
    execute(monitor, "set-action", shutdown="pause", reboot="reset")


def switch_on(monitor: Path) -> None:
    """Waits for the machine to be off, and has it boot again, as by its power button. SeaBIOS
    resets it once more on the way; the guest says when a reset is the end again."""

    async def run() -> None:
        client = await _connect(monitor)
        while (await client.execute("query-status"))["status"] != "shutdown":
            await asyncio.sleep(0.2)
        await client.execute("set-action", {"shutdown": "poweroff"})
        with client.listener("RESET") as resets:
            await client.execute("system_reset")
            await resets.get()
        await client.execute("cont")
        await client.disconnect()

    asyncio.run(asyncio.wait_for(run(), OFF_LIMIT))


async def _connect(monitor: Path) -> QMPClient:
    client = QMPClient()
    await client.connect(str(monitor))
    return client
