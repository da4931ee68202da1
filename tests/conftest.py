"""Settings all tests share."""

import signal

import pytest
from hypothesis import settings

pytest.register_assert_rewrite("arm_contract")

# Whoever starts the tests in the background has them ignore Ctrl-C, and so would the programs
# that the tests start to interrupt them.
signal.signal(signal.SIGINT, signal.default_int_handler)

# The same examples on every run, and no deadline: a busy machine is not a bug.
settings.register_profile("twinarm", deadline=None, derandomize=True)
settings.load_profile("twinarm")
