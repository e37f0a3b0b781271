#!/bin/sh
# Renders icon.svg at every size the bundles ask for. Needs rsvg-convert, ImageMagick and python3.
set -eu
cd "$(dirname "$0")"
png() { rsvg-convert --width "$1" --height "$1" --output "$2" icon.svg; }
png 32 32x32.png
png 64 64x64.png
png 128 128x128.png
png 256 128x128@2x.png
png 512 icon.png
convert 32x32.png 64x64.png 128x128.png 128x128@2x.png icon.ico
# An .icns is a list of tagged PNGs.
python3 - <<'PY'
import struct
chunks = [(b"ic07", "128x128.png"), (b"ic08", "128x128@2x.png"), (b"ic09", "icon.png")]
body = b"".join(tag + struct.pack(">I", 8 + len(data)) + data for tag, data in ((t, open(f, "rb").read()) for t, f in chunks))
open("icon.icns", "wb").write(b"icns" + struct.pack(">I", 8 + len(body)) + body)
PY
