"""An emulated 2F-85 behind the gripper maker's URCap: lines of text on port 63352.

    GET POS          POS 3          variables: ACT GTO SPE FOR POS PRE OBJ STA FLT
    SET POS 255      ack            several at once: SET ACT 1 GTO 1 SPE 255 FOR 50 POS 0

Positions, speed and force are bytes; 0 is open. Source: Robotiq 2F-85 manual, registers.
"""

OPEN, CLOSED = 3, 230
"""Where the jaws end up when sent to 0 and 255 without anything between them."""
_COUNTS_PER_S = 400.0  # at full speed: 85 mm in 0.57 s
_SLOWEST = 20.0 / 150.0  # of full speed [mm/s over mm/s]
_ACTIVATION_S = 0.5
_SETTABLE = ("ACT", "GTO", "SPE", "FOR", "POS")
_MOVING, _OUTER, _INNER, _ARRIVED = range(4)


class RobotiqGripper:
    """The gripper. ``block``: the count at which something between the jaws stops them."""

    def __init__(self, *, active: bool = False) -> None:
        """Begin with the jaws open, activated or not."""
        self.position = float(OPEN)
        self.block: int | None = None
        self._wanted = dict.fromkeys(_SETTABLE, 0)
        self._wanted["ACT"] = self._wanted["GTO"] = int(active)
        self._activating = 0.0
        self._object = _ARRIVED

    def answer(self, line: str) -> str:
        """Return what ``line`` is answered, "?" if it is not understood."""
        match line.split():
            case ["GET", name] if name in self._variables:
                return f"{name} {self._variables[name]}"
            case ["SET", *pairs] if pairs and len(pairs) % 2 == 0:
                return "ack" if self._set(pairs) else "?"
        return "?"

    def tick(self, dt: float) -> None:
        """Let ``dt`` [s] pass."""
        self._activating = max(0.0, self._activating - dt)
        if not self._ready or not self._wanted["GTO"]:
            return
        speed = _SLOWEST + (1.0 - _SLOWEST) * self._wanted["SPE"] / 255.0
        reach = speed * _COUNTS_PER_S * dt
        target = min(CLOSED, max(OPEN, self._wanted["POS"]))
        way = max(-reach, min(reach, target - self.position))
        stop = self.block if self.block is not None and way > 0.0 else CLOSED
        blocked = self.position + way > stop
        self.position = max(self.position, stop) if blocked else self.position + way
        moving = abs(target - self.position) > 0.5
        self._object = _INNER if blocked else _MOVING if moving else _ARRIVED

    @property
    def _ready(self) -> bool:
        return bool(self._wanted["ACT"]) and self._activating == 0.0

    @property
    def _variables(self) -> dict[str, int]:
        status = 3 if self._ready else int(self._wanted["ACT"])
        position = round(self.position)
        return {
            **self._wanted,
            "POS": position,
            "PRE": self._wanted["POS"],
            "OBJ": self._object,
            "STA": status,
            "FLT": 0 if self._ready else 5,
        }

    def _set(self, pairs: list[str]) -> bool:
        values = dict(zip(pairs[::2], pairs[1::2], strict=True))
        for name, value in values.items():
            if name not in _SETTABLE or not value.isdecimal() or int(value) > 255:
                return False
        before = self._wanted["ACT"]
        self._wanted.update({name: int(value) for name, value in values.items()})
        if self._wanted["ACT"] > before:
            self._activating, self.position = _ACTIVATION_S, float(OPEN)
        return True
