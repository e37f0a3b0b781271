#!/usr/bin/env python3
"""Writes ffi.fds, the protocol of liblivekit_ffi, from a `livekit` wheel: proto/from_wheel.py livekit-1.2.1-….whl

The wheel's `_proto/*_pb2.py` carry each .proto file as a serialized descriptor; together they are a FileDescriptorSet.
Nothing of the wheel is run: the literals are read from its syntax tree. Needs Python 3 alone.
"""

import ast
import pathlib
import sys
import zipfile


def descriptor(source: str) -> bytes:
    """The argument of the module's one `AddSerializedFile(b'…')`."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Call) and getattr(node.func, "attr", "") == "AddSerializedFile":
            return ast.literal_eval(node.args[0])
    raise SystemExit("no descriptor in a _pb2.py: the wheel is made differently now")


def varint(number: int) -> bytes:
    out = bytearray()
    while number > 0x7F:
        out.append(number & 0x7F | 0x80)
        number >>= 7
    out.append(number)
    return bytes(out)


def main() -> None:
    if len(sys.argv) != 2:
        raise SystemExit(__doc__)
    with zipfile.ZipFile(sys.argv[1]) as wheel:
        names = sorted(name for name in wheel.namelist() if name.endswith("_pb2.py"))
        files = [descriptor(wheel.read(name).decode()) for name in names]
    # FileDescriptorSet: field 1, length-delimited, repeated
    target = pathlib.Path(__file__).with_name("ffi.fds")
    target.write_bytes(b"".join(b"\x0a" + varint(len(file)) + file for file in files))
    print(f"{target.name}: {len(files)} files, {target.stat().st_size} bytes")


main()
