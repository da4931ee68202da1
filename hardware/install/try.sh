#!/usr/bin/env bash
# Install twinarm as on a Pi, serve an emulated arm with the real driver, and move it.
set -euo pipefail
cd "$(dirname "$0")/../.."
twinarm=.venv/bin/twinarm

make pi BOARD=ds
make pi
for name in pybullet gymnasium mediapipe cv2 matplotlib tensorboardX torch av; do
    ! .venv/bin/python -c "import $name" 2>/dev/null || { echo "$name is not for a Pi"; exit 1; }
done
$twinarm doctor
$twinarm doctor --driver emulated --board i2c
$twinarm calibrate joints --driver emulated --board ds
$twinarm pair --local
exec 3< <(exec $twinarm serve --driver emulated --board ds)
server=$!
trap 'kill "$server"' EXIT
read -r -t 60 ready <&3
echo "$ready"
.venv/bin/python - <<'CLIENT'
from hardware.keys import KeyStore
from hardware.remote_arm import RemoteArm
from robot.command import JointCommand
from robot.loop import ControlLoop

with RemoteArm("tcp://127.0.0.1", keys=KeyStore()) as arm:
    target = arm.state().positions + [0.2, 0.0, 0.0, 0.0, 0.2]
    for _ in ControlLoop(20.0).run(80):
        arm.command(JointCommand(target, gripper=0.03))
    error = abs(arm.state().positions - target).max()
assert error < 0.1, f"the arm is {error:.3f} rad from where it was sent"
print(f"moved: {error:.3f} rad from where it was sent")
CLIENT
trap - EXIT
kill "$server"
wait "$server"
echo "served, moved and stopped"
