"""Settings all tests share."""

import signal
from pathlib import Path

import pytest
from _pytest.runner import runtestprotocol
from hypothesis import settings

pytest.register_assert_rewrite("arm_contract")

# Whoever starts the tests in the background has them ignore Ctrl-C, or a lost terminal by nohup,
# and so would the programs that the tests start to interrupt them.
signal.signal(signal.SIGINT, signal.default_int_handler)
signal.signal(signal.SIGHUP, signal.SIG_DFL)

# The same examples on every run, and no deadline: a busy machine is not a bug.
settings.register_profile("twinarm", deadline=None, derandomize=True)
settings.load_profile("twinarm")


TRIES = 3
"""Of a test that keeps real time. A busy machine is late now and then; what is broken is always."""


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_protocol(item: pytest.Item, nextitem: pytest.Item | None) -> bool | None:
    """Run a test marked ``real_time`` until it passes, at most ``TRIES`` times."""
    if item.get_closest_marker("real_time") is None:
        return None
    item.ihook.pytest_runtest_logstart(nodeid=item.nodeid, location=item.location)
    tries, reports = 0, []
    while tries == 0 or (tries < TRIES and any(report.failed for report in reports)):
        tries, reports = tries + 1, runtestprotocol(item, log=False, nextitem=nextitem)
    for report in reports:
        report.user_properties.append(("tries", tries))
        item.ihook.pytest_runtest_logreport(report=report)
    item.ihook.pytest_runtest_logfinish(nodeid=item.nodeid, location=item.location)
    return True


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Name the tests that passed only when they were tried again."""
    passed = terminalreporter.stats.get("passed", ())
    late = [each.nodeid for each in passed if dict(each.user_properties).get("tries", 1) > 1]
    if late:
        terminalreporter.section("late at first, in time when tried again")
        terminalreporter.write_line("\n".join(late))


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
