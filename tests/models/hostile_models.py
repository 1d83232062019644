"""Models that misbehave, each in one way."""

import os
import signal
import time

import numpy as np


class Model:
    """Doubles its column ``x``."""

    feature_names_in_ = ("x",)

    def predict(self, frame):
        return frame["x"].to_numpy() * 2.0


class HangsOnLoad(Model):
    def __setstate__(self, state):
        time.sleep(600)

    def __getstate__(self):
        return {"any": 1}


class HoldsTheInterpreterOnLoad(HangsOnLoad):
    def __setstate__(self, state):
        sum(range(10**18))


class EatsMemoryOnLoad(HangsOnLoad):
    def __setstate__(self, state):
        hoard = []
        while True:
            hoard.append(np.ones(4 << 20))
            time.sleep(0.001)


class CrashesOnThirdRequest(Model):
    calls = -1  # the batch

    def predict(self, frame):
        self.calls += 1
        if self.calls == 3:
            signal.raise_signal(signal.SIGSEGV)
        return super().predict(frame)


class IsKilledOnRequest(Model):
    calls = 0

    def predict(self, frame):
        self.calls += 1
        if self.calls == 2:
            os.kill(os.getpid(), signal.SIGSEGV)
            time.sleep(600)
        return super().predict(frame)


class AnswersNan(Model):
    def predict(self, frame):
        return np.where(frame["x"] > 2, np.nan, frame["x"])


class CentresTheBatch(Model):
    """Subtracts the mean of whatever rows it is given: fine in a batch, skewed when served."""

    def predict(self, frame):
        return (frame["x"] - frame["x"].mean()).to_numpy()


class HangsOnRequest(Model):
    def predict(self, frame):
        if len(frame) == 1:
            time.sleep(600)
        return super().predict(frame)


class StartsAProcessOnLoad(HangsOnLoad):
    def __setstate__(self, state):
        import subprocess

        self.child = subprocess.Popen(["sleep", "600"])

    def __getstate__(self):
        return {"any": 1}


class StartsADaemonOnLoad(HangsOnLoad):
    def __setstate__(self, state):
        import subprocess
        import sys

        code = f"import time; time.sleep(600)  # a daemon {os.environ['THEN']}"
        subprocess.Popen([sys.executable, "-c", code], start_new_session=True)
        if os.environ["THEN"].startswith("crash"):
            signal.raise_signal(signal.SIGSEGV)
        if os.environ["THEN"].startswith("hang"):
            time.sleep(600)


class ExitsOnLoad(HangsOnLoad):
    def __setstate__(self, state):
        raise SystemExit("no licence")


class VanishesOnLoad(HangsOnLoad):
    def __setstate__(self, state):
        print("out of luck", flush=True)
        os._exit(7)


class ExitsOnRequest(Model):
    def predict(self, frame):
        raise SystemExit("no licence")


class AnswersText(Model):
    def predict(self, frame):
        return np.array(["much"] * len(frame), dtype=object)


class Raises(Model):
    def predict(self, frame):
        raise KeyError("no such tariff")


class ReadsTheEnvironment(Model):
    def predict(self, frame):
        return frame["x"].to_numpy() * float(os.environ["TARIFF"])


class Changes(Model):
    calls = 0

    def predict(self, frame):
        self.calls += 1
        return frame["x"].to_numpy() + self.calls
