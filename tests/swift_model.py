"""A transform, a search and a training that take milliseconds, for the pipeline in `swift`."""

import numpy as np

import minitfx.transform as tft
from minitfx.models import save_model
from minitfx.training import TunerFnResult

FEATURES = ["bill_length_mm", "flipper_length_mm"]
LABEL = "body_mass_g"


class Line:
    """What a penguin weighs, as a straight line of its features."""

    def __init__(self, ridge):
        self.ridge = ridge

    def fit(self, X, y):
        X = np.column_stack([X, np.ones(len(X))])
        self.weights = np.linalg.solve(X.T @ X + self.ridge * np.eye(X.shape[1]), X.T @ y)
        return self

    def predict(self, X):
        return np.asarray(X, dtype=float) @ self.weights[:-1] + self.weights[-1]


def preprocessing_fn(inputs):
    numbers = {name: tft.cast(inputs[name], float) for name in [*FEATURES, LABEL]}
    scaled = {name: tft.scale_to_z_score(numbers[name]) for name in FEATURES}
    return {
        **{name: tft.fill_missing(column, 0.0) for name, column in scaled.items()},
        LABEL: tft.fill_missing(numbers[LABEL], 4200.0),
    }


def tuner_fn(fn_args):
    import optuna

    read = fn_args.data_accessor.read_arrays
    X, y = read(fn_args.train_files, LABEL, FEATURES)
    X_eval, y_eval = read(fn_args.eval_files, LABEL, FEATURES)

    def objective(trial):
        model = Line(trial.suggest_float("ridge", 1e-3, 1e3, log=True)).fit(X, y)
        return float(np.abs(model.predict(X_eval) - y_eval).mean())

    study = optuna.create_study(sampler=optuna.samplers.RandomSampler(seed=1))
    return TunerFnResult(study, {"func": objective, "n_trials": 2})


def run_fn(fn_args):
    read = fn_args.data_accessor.read_arrays
    model = Line(fn_args.hyperparameters["ridge"])
    save_model(
        model.fit(*read(fn_args.train_files, LABEL, FEATURES)),
        fn_args.serving_model_dir,
        transform_graph=fn_args.transform_graph_path,
        label=LABEL,
        features=FEATURES,
        task="regression",
    )
