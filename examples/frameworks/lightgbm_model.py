"""A Trainer's module with LightGBM."""

import lightgbm

from minitfx.models import save_model
from minitfx.training import RunLog

LABEL_KEY = "big_tipper"


def run_fn(fn_args):
    """Boost trees, log how they do on unseen trips, and save them."""
    accessor = fn_args.data_accessor
    X, y = accessor.read_arrays(fn_args.train_files, LABEL_KEY)
    X_eval, y_eval = accessor.read_arrays(fn_args.eval_files, LABEL_KEY)
    curves = {}
    model = lightgbm.LGBMClassifier(
        n_estimators=80, num_leaves=15, learning_rate=0.1, random_state=0, verbose=-1
    )
    recorded = lightgbm.record_evaluation(curves)
    model.fit(X, y, eval_X=X_eval, eval_y=y_eval, callbacks=[recorded])
    log = RunLog(fn_args.model_run_dir)
    for step, loss in enumerate(curves["valid_0"]["binary_logloss"], 1):
        log.write(step, eval_log_loss=loss)
    save_model(
        model,
        fn_args.serving_model_dir,
        transform_graph=fn_args.transform_graph_path,
        schema=fn_args.schema_path,
        label=LABEL_KEY,
    )
