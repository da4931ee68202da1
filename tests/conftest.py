"""Settings all tests share."""

import pytest
from hypothesis import settings

pytest.register_assert_rewrite("arm_contract")

# The same examples on every run, and no deadline: a busy machine is not a bug.
settings.register_profile("twinarm", deadline=None, derandomize=True)
settings.load_profile("twinarm")
