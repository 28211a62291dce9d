# SPDX-License-Identifier: GPL-2.0
"""One command to QEMU, over its monitor's socket: the little of the QEMU Machine
Protocol that the tests need. python3-qemu-qmp does all of it."""

import json
import socket
from pathlib import Path
from typing import Any

# In seconds. A screen is on disk in far less, but the machine may be busy.
LIMIT = 30


def execute(monitor: Path, command: str, **arguments: Any) -> Any:
    """Returns what QEMU returns; raises RuntimeError with what it says went wrong."""
    with socket.socket(socket.AF_UNIX) as link:
        link.settimeout(LIMIT)
        link.connect(str(monitor))
        with link.makefile("rw", encoding="utf-8") as stream:
            _answer(stream, "QMP")
            for request in (
                {"execute": "qmp_capabilities"},
                {"execute": command, "arguments": arguments},
            ):
                stream.write(json.dumps(request) + "\n")
                stream.flush()
                result = _answer(stream, "return")
            return result


def _answer(stream, key: str) -> Any:
    for line in stream:
        message = json.loads(line)
        if "error" in message:
            raise RuntimeError(message["error"]["desc"])
        if key in message:
            return message[key]
    raise RuntimeError("QEMU has hung up")
