from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from cli.presets import DEPTH, preset
from policies.encoder import ImageEncoder, parse_convolutions

pytest.importorskip("stable_baselines3")


@pytest.fixture(scope="module")
def peer() -> Any:
    from benchmarks.time_to_success_depth import _peer

    # Few and without a start, so that the first steps already learn.
    config = replace(
        preset(DEPTH), num_envs=2, start_steps=2, replay_capacity=200, updates_per_step=0.5
    )
    config = replace(config, sac=replace(config.sac, threads=1))
    made = _peer(config)
    yield made
    made.close()


def test_the_peer_sees_through_layers_of_the_same_sizes(peer: Any) -> None:
    sac = preset(DEPTH).sac
    ours = ImageEncoder(
        (32, 32, 1), parse_convolutions(sac.encoder), sac.latent, np.random.default_rng(0)
    )
    policy = peer._model.policy
    assert policy.actor.features_extractor is not policy.critic.features_extractor
    theirs = sum(p.numel() for p in policy.critic.features_extractor.parameters())
    assert theirs == sum(tensor.data.size for tensor in ours.parameters().values())


def test_the_peer_acts_on_what_our_pools_show_and_learns(peer: Any) -> None:
    spaces = peer._envs.observation_space.spaces
    assert set(spaces) == {"depth", "state"}
    record = np.zeros(3, [("depth", np.uint8, (32, 32, 1)), ("state", np.float32, 7)])
    record["depth"][1] = 200
    before = peer.act(record)
    assert before.shape == (3, 2)
    np.testing.assert_allclose(before[0], before[2], atol=1e-5)
    assert np.abs(before[0] - before[1]).min() > 1e-4
    peer.learn(6)
    assert peer._model.num_timesteps == 6
    assert np.abs(peer.act(record)[0] - before[0]).max() > 1e-4
