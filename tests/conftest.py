"""Settings all tests share."""

import signal
from pathlib import Path

import pytest
from hypothesis import settings

pytest.register_assert_rewrite("arm_contract")

# Whoever starts the tests in the background has them ignore Ctrl-C, or a lost terminal by nohup,
# and so would the programs that the tests start to interrupt them.
signal.signal(signal.SIGINT, signal.default_int_handler)
signal.signal(signal.SIGHUP, signal.SIG_DFL)

# The same examples on every run, and no deadline: a busy machine is not a bug.
settings.register_profile("twinarm", deadline=None, derandomize=True)
settings.load_profile("twinarm")


RERUNS = 2
"""Of a test that keeps real time. A busy machine is late now and then; what is broken is always."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Have tests marked ``real_time`` tried again, and named at the end if that was needed."""
    for item in items:
        if item.get_closest_marker("real_time") is not None:
            item.add_marker(pytest.mark.flaky(reruns=RERUNS))


@pytest.fixture(scope="session")
def model_files() -> dict[str, Path]:
    """Return the real networks by name, fetched once a machine as users do; skip without them."""
    from perception.errors import ModelError
    from perception.models import BUNDLES, missing_models, model_path
    from perception.models_fetch import fetch_models

    if missing_models():
        try:
            fetch_models()
        except ModelError as error:
            pytest.skip(str(error))
    return {name: model_path(name) for name in BUNDLES}
