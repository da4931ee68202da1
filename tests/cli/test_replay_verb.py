import json

import numpy as np
import pytest
from toy_demonstrations import MODEL, RATE, waving, write

from cli.demonstrated_arm import GRIPPER, arm_schema
from cli.main import main
from cli.replay import lay_block
from cli.replay_run import Replay
from hardware.keys import KeyStore
from hardware.local import EmulatedServerProcess
from hardware.pairing import pair_local
from policies.demonstrations.episode import Episode
from policies.demonstrations.reader import DatasetReader
from policies.demonstrations.schema import Schema
from robot.command import JointCommand
from robot.kinematic_arm import KinematicArm
from robot.task import GraspTask
from sim.clock import SimClock
from sim.grasp_scene import GraspScene
from sim.world import GRIP

pytestmark = pytest.mark.real_time

EVEN = np.arange(80) / RATE


class Listener(KinematicArm):
    """An arm that remembers when it was told what."""

    def __init__(self, clock: SimClock) -> None:
        super().__init__(MODEL, clock=clock)
        self.clock = clock
        self.heard: list[tuple[float, JointCommand]] = []

    def command(self, command: JointCommand) -> JointCommand:
        self.heard.append((self.clock(), command))
        return super().command(command)


def episode(stamps: np.ndarray, rows: np.ndarray) -> Episode:
    numbers = rows.astype(np.float32)
    nothing = np.zeros((len(stamps), 0), np.float32)
    return Episode(0, "wave", None, stamps - stamps[0], numbers, numbers.copy(), nothing)


@pytest.mark.parametrize("speed", [0.1, 0.5, 1.0, 2.0])
def test_commands_come_at_their_own_uneven_times(speed):
    gaps = np.random.default_rng(0).uniform(0.02, 0.4, 60)
    stamps = np.cumsum(gaps)
    recorded, clock = episode(stamps, waving(stamps)), SimClock()
    with Listener(clock) as arm:
        replay = Replay(arm, recorded, speed, clock, clock.sleep)
        replay.go_to_start()
        told_before, begun = len(arm.heard), clock()
        assert list(replay.frames()) == list(range(60))
    times = np.array([time for time, _ in arm.heard[told_before:]]) - begun
    assert np.diff(times).max() <= 0.11
    for stamp, row in zip(recorded.stamps, recorded.actions, strict=True):
        told = arm.heard[told_before + int(np.abs(times - stamp / speed).argmin())]
        assert told[0] - begun == pytest.approx(stamp / speed)
        np.testing.assert_array_equal(told[1].positions, row[:-1].astype(float))
    assert replay.late_max == pytest.approx(0.0)


def test_an_arm_that_follows_at_once_is_told_to_have_done_so():
    recorded, clock = episode(EVEN, waving(EVEN)), SimClock()
    with KinematicArm(MODEL, clock=clock) as arm:
        replay = Replay(arm, recorded, 1.0, clock, clock.sleep)
        replay.go_to_start()
        list(replay.frames())
        following = replay.following()
    step = np.abs(np.diff(recorded.states[:, :-1], axis=0)).max()
    assert following.joint_max < 2 * step
    assert (following.frames, following.limited) == (80, 0)


def test_the_first_pose_is_approached_within_a_share_of_the_velocity_limit():
    recorded, clock = episode(EVEN, waving(EVEN + 2.0, swing=0.6)), SimClock()
    with Listener(clock) as arm:
        Replay(arm, recorded, 1.0, clock, clock.sleep).go_to_start()
        assert np.abs(arm.state().positions - recorded.states[0, :-1]).max() < 0.02
    poses = np.array([command.positions for _, command in arm.heard])
    assert (np.abs(np.diff(poses, axis=0)) * RATE <= 0.41 * MODEL.max_velocity).all()


def test_a_replay_in_simulation_repeats_the_grasp(tmp_path):
    assert main(["record", str(tmp_path), "--fast", "--episodes", "1", "--json"]) == 0
    recorded, clock = DatasetReader(tmp_path).episode(0), SimClock()
    with GraspScene(MODEL, clock=clock, pace=GRIP) as scene, scene.arm:
        lay_block(scene, GraspTask.block_names, recorded)
        replay = Replay(scene.arm, recorded, 1.0, clock, clock.sleep)
        replay.go_to_start()
        list(replay.frames())
        assert scene.lifted()
        assert replay.following().joint_rms < 0.02


def other_arm() -> Schema:
    return Schema("hexapod", (*MODEL.joints, GRIPPER), RATE)


def other_joints() -> Schema:
    return Schema(MODEL.name, (GRIPPER, *MODEL.joints), RATE)


@pytest.mark.parametrize(
    ("stamps", "rows", "schema", "options", "said"),
    [
        (EVEN, waving(EVEN), other_arm(), [], "unknown arm 'hexapod'"),
        (EVEN, waving(EVEN), other_joints(), [], "another dofbot"),
        (EVEN * 2, waving(EVEN * 2), None, [], "below the rate limit"),
        (EVEN, waving(EVEN), None, ["--least-rate", "21"], "below the rate limit"),
        (EVEN, waving(8 * EVEN, 0.9), None, [], "jumps beyond the arm's velocity limit"),
        (EVEN, waving(EVEN), None, ["--speed", "0"], "--speed 0"),
        (EVEN, waving(EVEN), None, ["--speed", "nan"], "--speed nan"),
        (EVEN, waving(EVEN), None, ["--episode", "1"], "no episode 1 (there is 0 to 0)"),
        (EVEN, waving(EVEN), None, ["--arm", "dofbot"], "neither 'sim' nor an address"),
    ],
)
def test_what_must_not_be_played_is_refused(tmp_path, capsys, stamps, rows, schema, options, said):
    write(tmp_path, stamps, rows, schema or arm_schema(MODEL, RATE, {}))
    assert main(["replay", str(tmp_path), *options]) == 2
    assert said in capsys.readouterr().err


def test_a_remote_arm_and_its_twin_play_it_together(tmp_path, capsys):
    write(tmp_path / "set", EVEN[:20], waving(EVEN[:20]))
    keys = KeyStore(tmp_path / "keys")
    pair_local(keys)
    with EmulatedServerProcess(keys=keys) as server:
        code = main(
            ["replay", str(tmp_path / "set"), "--arm", server.url, "--mirror", "--json",
             "--keys", str(keys.folder)]
        )  # fmt: skip
    told = json.loads(capsys.readouterr().out)
    assert code == 0
    assert 0 < told["joint_rms"] < 0.1
    assert 0 < told["divergence"]["tool_rms"] < 0.03
