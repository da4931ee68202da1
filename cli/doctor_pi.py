"""What only a Raspberry Pi has: an I2C bus that may be off, and a sense of its own supply."""

from collections.abc import Iterator
from pathlib import Path

from cli.finding import Finding
from hardware.servos.boards import BOARDS

DEVICE_TREE = Path("/proc/device-tree/model")
HWMON = Path("/sys/class/hwmon")


def on_a_pi(device_tree: Path = DEVICE_TREE) -> bool:
    """Return whether this is a Raspberry Pi."""
    return device_tree.exists() and b"Raspberry Pi" in device_tree.read_bytes()


def pi_findings(
    device_tree: Path = DEVICE_TREE, hwmon: Path = HWMON, bus: str = BOARDS["i2c"].device
) -> Iterator[Finding]:
    """Yield what there is to say of a Raspberry Pi, if this is one.

    hwmon: where the kernel says whether the supply sagged since it was asked last.
    """
    if not on_a_pi(device_tree):
        return
    if not Path(bus).exists():
        what = f"I2C: off, there is no {bus}; the DOFBot's own board needs it"
        yield Finding(None, what, "sudo raspi-config nonint do_i2c 0")
    for sensor in hwmon.glob("hwmon*"):
        if (sensor / "name").read_text().strip() == "rpi_volt":
            yield _supply((sensor / "in0_lcrit_alarm").read_text().strip() == "1")


def _supply(sags: bool) -> Finding:
    if sags:
        what = "supply of this Pi: under-voltage, so the servos' may sag as well"
        return Finding(False, what, "use a supply of 12 V 5 A for a DOFBot, and check its plug")
    return Finding(True, "supply of this Pi: voltage is normal")
