"""What can go wrong on the bridge; each message says what, where, and the mend."""

from robot.errors import ArmError, RobotError


class ProtocolError(ArmError):
    """Bytes that are no message of this protocol; the message names the field at fault."""


class KeyStoreError(RobotError):
    """A key is missing, unreadable, readable by others, or not the one known before."""


class ServerRefusedKeyError(ArmError):
    """The two ends did not accept each other's keys, so no connection was made."""


class ServerGoneError(ArmError):
    """Nothing answers at the arm server's address, or it stopped answering."""


class StaleCommandError(ArmError):
    """A command reached the server after its deadline and was dropped; a newer one may follow."""
