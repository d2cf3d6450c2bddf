"""The first signal asks, the second one insists, and afterwards all is as before."""

import os
import signal

import pytest

from colorrl.run.interrupt import Interrupt


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_first_asks_second_insists(number):
    before = signal.getsignal(number)
    with pytest.raises(KeyboardInterrupt), Interrupt() as interrupt:
        assert not interrupt.requested
        os.kill(os.getpid(), number)
        assert interrupt.requested
        os.kill(os.getpid(), number)
    assert signal.getsignal(number) is before


def test_nothing_happens_without_a_signal():
    before = signal.getsignal(signal.SIGINT)
    with Interrupt() as interrupt:
        pass
    assert not interrupt.requested and signal.getsignal(signal.SIGINT) is before
