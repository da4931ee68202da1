"""The encoder's work in one SAC step, on some rows of the batch."""

from __future__ import annotations

import numpy as np

from policies.encoder import ImageEncoder, write_pixels
from policies.engine import Program, Tensor
from policies.engine.functional import squared_error
from policies.learned import Learned
from policies.sac_arrays import StepArrays


class EncoderShare:
    """Encodes its rows, and later learns from what the critics' loss says of the features.

    One encoder serves actor and critics. The critics' loss trains it, and beside it, where the
    environment tells in training what there is to see, the error of predicting that: it says in
    hundreds of steps where to look, which rewards say in thousands. The next pictures pass
    through the slow copy, for the actor and the target critics alike.

    rank: where this process leaves its loss. auxiliary: weight of the error of predicting.
    """

    def __init__(
        self,
        learned: Learned[ImageEncoder],
        arrays: StepArrays,
        rows: slice,
        rank: int,
        auxiliary: float,
    ) -> None:
        self._arrays, self._rows, self._rank = arrays, rows, rank
        self._pixels = np.zeros(arrays.images[:, rows].shape, np.float32)
        self._features = learned.network(Tensor(self._pixels[0]))
        self._next_features = learned.target(Tensor(self._pixels[1]))
        self._gradient = np.zeros_like(self._features.data)
        self._program = Program(self._features, self._next_features)
        outputs, slopes = [self._features], [self._gradient]
        self._error = self._auxiliary_loss(learned.network, auxiliary)
        if self._error is not None:
            outputs.append(self._error)
            slopes.append(np.ones_like(self._error.data))
        self._lesson = Program(*outputs, after=self._program)
        self._lesson.differentiate(*outputs, weights=slopes)

    def _auxiliary_loss(self, encoder: ImageEncoder, weight: float) -> Tensor | None:
        arrays = self._arrays
        if encoder.teller is None:
            return None
        truth = Tensor(arrays.privileged[self._rows])
        said = self._features[:, -truth.shape[-1] :]
        return squared_error(said, truth, weight / len(arrays.reward))

    def encode(self) -> None:
        """Write the features of the pictures and of the next pictures."""
        write_pixels(self._arrays.images[:, self._rows], self._pixels)
        self._program.forward()
        self._arrays.features[:2, self._rows] = self._features.data
        self._arrays.features[2, self._rows] = self._next_features.data

    def learn(self) -> None:
        """Write the gradient of the encoder's weights."""
        parts = self._arrays.feature_gradients[:, self._rows]
        np.add.reduce(parts, axis=0, out=self._gradient)
        self._lesson.forward()
        self._lesson.backward()
        if self._error is not None:
            self._arrays.auxiliary_loss[self._rank] = self._error.data
