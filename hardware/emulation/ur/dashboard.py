"""The dashboard of the emulated controller: lines of text on port 29999."""

from hardware.emulation.ur.controller import CB3, Controller
from hardware.ur.modes import SafetyMode

GREETING = "Connected: Universal Robots Dashboard Server"
_SERIAL_NUMBER = "20260000001"


def answer(controller: Controller, line: str) -> str:
    """Return what ``line`` is answered.

    Source: Dashboard Server CB-Series and e-Series, port 29999, Universal Robots.
    """
    if line in ("stop", "unlock protective stop"):
        return _act(controller, line)
    return _facts(controller).get(line, f'could not understand: "{line}"')


def _facts(controller: Controller) -> dict[str, str]:
    major, minor, bug_fix, build = controller.version
    facts = {
        "PolyscopeVersion": f"URSoftware {major}.{minor}.{bug_fix}.{build} (Oct 12 2023)",
        "robotmode": f"Robotmode: {controller.robot_mode.name}",
        "safetymode": f"Safetymode: {controller.safety_mode.name}",
        "running": f"Program running: {str(controller.program is not None).lower()}",
        "quit": "Disconnected",
    }
    if major != CB3 and minor >= 6:
        facts["is in remote control"] = str(controller.remote).lower()
        facts["get serial number"] = _SERIAL_NUMBER
    return facts


def _act(controller: Controller, line: str) -> str:
    if line == "stop":
        controller.stop_program()
        return "Stopped"
    if controller.safety_mode is SafetyMode.PROTECTIVE_STOP:
        controller.recover()
    return "Protective stop releasing"
