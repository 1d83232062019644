"""What the taxi pipeline does with its data: features, search and model."""

import optuna
from features import (
    BUCKET_COUNT,
    BUCKET_FEATURE_KEYS,
    CATEGORICAL_FEATURE_KEYS,
    DENSE_FLOAT_FEATURE_KEYS,
    FARE_KEY,
    LABEL_KEY,
    OOV_SIZE,
    TIPS_KEY,
    TRANSFORMED_FEATURES,
    VOCAB_FEATURE_KEYS,
    VOCAB_SIZE,
    transformed_name,
)
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.metrics import log_loss, roc_auc_score
from threadpoolctl import threadpool_limits

import minitfx.transform as tft
from minitfx.models import save_model
from minitfx.training import RunLog, TunerFnResult

one_thread = threadpool_limits.wrap(limits=1)
"""Ten thousand rows are too few for several threads to pay."""


def preprocessing_fn(inputs):
    """Turn raw columns into features; called once, on columns that stand for the data."""
    outputs = {}
    for key in DENSE_FLOAT_FEATURE_KEYS:
        scaled = tft.scale_to_z_score(tft.cast(inputs[key], float))
        outputs[transformed_name(key)] = tft.fill_missing(scaled, 0.0)
    for key in BUCKET_FEATURE_KEYS:
        buckets = tft.bucketize(inputs[key], BUCKET_COUNT)
        outputs[transformed_name(key)] = tft.fill_missing(buckets, -1)
    for key in CATEGORICAL_FEATURE_KEYS:
        outputs[transformed_name(key)] = tft.fill_missing(inputs[key], -1)
    for key in VOCAB_FEATURE_KEYS:
        outputs[transformed_name(key)] = tft.compute_and_apply_vocabulary(
            tft.fill_missing(inputs[key], ""), top_k=VOCAB_SIZE, num_oov_buckets=OOV_SIZE
        )
    big = inputs[TIPS_KEY] > inputs[FARE_KEY] * 0.2
    outputs[LABEL_KEY] = tft.cast(big, int)
    return outputs


def read(fn_args, files):
    """Return features and labels of some files."""
    return fn_args.data_accessor.read_arrays(files, LABEL_KEY, TRANSFORMED_FEATURES)


def make_model(hyperparameters):
    """Return a model that is not fitted yet."""
    return HistGradientBoostingClassifier(max_iter=60, random_state=0, **hyperparameters)


def tuner_fn(fn_args):
    """Search for the hyperparameters that rank unseen trips best."""
    X, y = read(fn_args, fn_args.train_files)
    X_eval, y_eval = read(fn_args, fn_args.eval_files)

    @one_thread
    def objective(trial):
        hyperparameters = {
            "learning_rate": trial.suggest_float("learning_rate", 0.03, 0.3, log=True),
            "max_leaf_nodes": trial.suggest_int("max_leaf_nodes", 4, 24),
            "min_samples_leaf": trial.suggest_int("min_samples_leaf", 10, 100, step=10),
            "l2_regularization": trial.suggest_float("l2_regularization", 1e-3, 10.0, log=True),
        }
        model = make_model(hyperparameters).fit(X, y)
        return roc_auc_score(y_eval, model.predict_proba(X_eval)[:, 1])

    study = optuna.create_study(direction="maximize", sampler=optuna.samplers.TPESampler(seed=1))
    return TunerFnResult(study, {"func": objective, "n_trials": fn_args.custom_config["trials"]})


@one_thread
def run_fn(fn_args):
    """Train a model with the best hyperparameters and save it."""
    X, y = read(fn_args, fn_args.train_files)
    X_eval, y_eval = read(fn_args, fn_args.eval_files)
    model = make_model(fn_args.hyperparameters or {}).fit(X, y)
    log = RunLog(fn_args.model_run_dir)
    for step, scores in enumerate(model.staged_predict_proba(X_eval), 1):
        log.write(step, eval_log_loss=log_loss(y_eval, scores))
    save_model(
        model,
        fn_args.serving_model_dir,
        transform_graph=fn_args.transform_graph_path,
        schema=fn_args.schema_path,
        label=LABEL_KEY,
        features=TRANSFORMED_FEATURES,
    )
