"""Presses a button through the accessibility bus, as a screen reader would: press.py WINDOW BUTTON SECONDS.

WINDOW is part of a window's title; waits up to SECONDS for the button to be there."""

import sys
import time

import gi

gi.require_version("Atspi", "2.0")
from gi.repository import Atspi, GLib  # noqa: E402


def children(node):
    for index in range(node.get_child_count()):
        child = node.get_child_at_index(index)
        if child is not None:
            yield child


def buttons(node, name):
    for child in children(node):
        if child.get_role() == Atspi.Role.PUSH_BUTTON and child.get_name() == name:
            yield child
        yield from buttons(child, name)


def press(window, name):
    for application in children(Atspi.get_desktop(0)):
        for top in children(application):
            if window not in (top.get_name() or ""):
                continue
            for button in buttons(top, name):
                if button.get_action_iface().do_action(0):
                    return True
    return False


def main(window, name, seconds):
    deadline = time.monotonic() + float(seconds)
    while time.monotonic() < deadline:
        try:
            if press(window, name):
                return 0
        except GLib.Error as error:
            # something went away while it was looked at
            print(error, file=sys.stderr)
        Atspi.get_desktop(0).clear_cache()
        time.sleep(0.02)
    print(f"no button “{name}” in a window “{window}” within {seconds} s", file=sys.stderr)
    return 1


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
