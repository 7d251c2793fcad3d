"""A reverse proxy that takes a folder off the address, and tells the server its own name: as small as one can be."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress


@contextmanager
def prefix_proxy(folder: str, port: int, own_port: int) -> Iterator[str]:
    """The address, at `own_port`, under which the server at `port` appears below /folder."""
    with socket.create_server(("127.0.0.1", own_port)) as door:
        threading.Thread(target=_serve, args=(door, folder, port), daemon=True).start()
        yield f"http://127.0.0.1:{door.getsockname()[1]}/{folder}"


def _serve(door: socket.socket, folder: str, port: int) -> None:
    with suppress(OSError):  # the door was closed
        while True:
            visitor, _ = door.accept()
            threading.Thread(target=_forward, args=(visitor, folder, port), daemon=True).start()


def _forward(visitor: socket.socket, folder: str, port: int) -> None:
    with suppress(OSError), visitor, socket.create_connection(("127.0.0.1", port)) as server:
        read = b""
        while b"\r\n\r\n" not in read:
            if not (part := visitor.recv(65_536)):
                return
            read += part
        head, _, body = read.partition(b"\r\n\r\n")
        first, *lines = head.split(b"\r\n")
        keep = [line for line in lines if not line.lower().startswith((b"host:", b"connection:"))]
        is_socket = any(line.lower().startswith(b"upgrade:") for line in lines)
        # one request a connection, so that only its first lines need to be read
        more = [f"Host: 127.0.0.1:{port}".encode(), b"Connection: " + (b"Upgrade" if is_socket else b"close")]
        first = first.replace(f" /{folder}".encode(), b" ", 1).replace(b"  ", b" / ", 1)
        server.sendall(b"\r\n".join([first, *keep, *more]) + b"\r\n\r\n" + body)
        threading.Thread(target=_pipe, args=(visitor, server), daemon=True).start()
        _pipe(server, visitor)


def _pipe(source: socket.socket, target: socket.socket) -> None:
    with suppress(OSError):
        while part := source.recv(65_536):
            target.sendall(part)
        target.shutdown(socket.SHUT_WR)
