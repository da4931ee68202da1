import numpy as np
import pytest
from sac_reference import ROWS, SIZES, ReferenceSAC, learner, next_noise, transitions

from policies.batch import Batch
from policies.observation import ObservationSpec
from policies.sac import SACConfig
from policies.sac_arrays import StepSizes
from policies.sac_judge import DenseJudge, RowwiseJudge, affine_layers
from policies.sac_step import SACStep

STEP_SIZES = StepSizes(ObservationSpec(SIZES[0]), SIZES[1])


@pytest.mark.parametrize("threads", [1, 2])
def test_steps_equal_those_derived_by_hand_in_float64(threads):
    rates = {"learning_rate": 1e-3, "alpha_learning_rate": 1e-3}
    sac = learner(threads, init_alpha=0.2, **rates)
    reference = ReferenceSAC(sac.state()[0], rate=1e-3, tau=0.1)
    for seed in range(5):
        reference.update(transitions(seed), next_noise(sac))
        sac.update(transitions(seed))
    arrays = sac.state()[0]
    after = ReferenceSAC(arrays, rate=0, tau=0)
    # A wrong term moves the weights by up to the five steps of 1e-3; rounding by 1e-7.
    for ours, theirs in (
        (after.actor, reference.actor),
        *zip(after.critics, reference.critics, strict=True),
        *zip(after.targets, reference.targets, strict=True),
    ):
        for (weight, bias), (expected_weight, expected_bias) in zip(ours, theirs, strict=True):
            np.testing.assert_allclose(weight, expected_weight, atol=1e-6)
            np.testing.assert_allclose(bias, expected_bias, atol=1e-6)
    assert after.log_alpha == pytest.approx(reference.log_alpha, abs=1e-6)


def test_skipping_zero_rows_gives_the_gradient_of_the_whole_ensemble():
    config = SACConfig(hidden=(24, 16), batch_size=ROWS, threads=1)
    step = SACStep(STEP_SIZES, config, 0, np.copy, 0, 1, lambda: None)
    rng, critics, arrays = np.random.default_rng(0), step.critics[0].network, step.arrays
    arrays.fill(transitions(0), 0.2, rng)
    arrays.policy_action[0] = np.tanh(rng.standard_normal((ROWS, SIZES[1])))
    results = []
    for kind in (DenseJudge, RowwiseJudge):
        judge = kind(critics, arrays, slice(0, 2), 0)
        judge.evaluate()
        judge.direct()
        results.append(arrays.action_gradients[0].copy())
        arrays.action_gradients[0] = np.nan
    assert 0 < (arrays.policy_values.argmin(axis=0) == 0).sum() < ROWS
    np.testing.assert_allclose(results[1], results[0], rtol=1e-5, atol=1e-8)


def test_critics_with_layer_norm_are_not_taken_back_row_by_row():
    config = SACConfig(hidden=(8,), batch_size=ROWS, threads=1, critic_layer_norm=True)
    step = SACStep(STEP_SIZES, config, 0, np.copy, 0, 1, lambda: None)
    with pytest.raises(TypeError, match="do not come from Affine layers"):
        affine_layers(step._judge.values)


def test_a_terminated_transition_has_no_value_after_it_and_a_truncated_one_has():
    """With a discount of 0 the next observation must not matter; otherwise it must."""

    def critic_after(discount: float, shift: float) -> np.ndarray:
        sac, batch = learner(1), transitions(0)
        changed = Batch(
            batch.observation,
            batch.action,
            batch.reward,
            batch.next_observation + np.float32(shift),
            np.full(ROWS, discount, np.float32),
        )
        sac.update(changed)
        return sac.state()[0]["critic0.net.layers.0.weight"]

    np.testing.assert_array_equal(critic_after(0.0, 0.0), critic_after(0.0, 5.0))
    assert (critic_after(0.97, 0.0) != critic_after(0.97, 5.0)).any()
