"""The search for hyperparameters."""

import optuna
from features import LABEL_KEY, TRANSFORMED_FEATURES
from model import make_model
from sklearn.metrics import log_loss

from minitfx.training import TunerFnResult


def tuner_fn(fn_args):
    """Search for the strength of regularisation that predicts unseen penguins best."""
    read = fn_args.data_accessor.read_arrays
    X, y = read(fn_args.train_files, LABEL_KEY, TRANSFORMED_FEATURES)
    X_eval, y_eval = read(fn_args.eval_files, LABEL_KEY, TRANSFORMED_FEATURES)

    def objective(trial):
        model = make_model({"C": trial.suggest_float("C", 1e-3, 1e3, log=True)}).fit(X, y)
        return log_loss(y_eval, model.predict_proba(X_eval), labels=model.classes_)

    study = optuna.create_study(direction="minimize", sampler=optuna.samplers.TPESampler(seed=1))
    return TunerFnResult(study, {"func": objective, "n_trials": fn_args.custom_config["trials"]})
