"""A Trainer's module with XGBoost."""

from xgboost import XGBClassifier

from minitfx.models import save_model
from minitfx.training import RunLog

LABEL_KEY = "big_tipper"


def run_fn(fn_args):
    """Boost trees, log how they do on unseen trips, and save them."""
    accessor = fn_args.data_accessor
    X, y = accessor.read_arrays(fn_args.train_files, LABEL_KEY)
    unseen = accessor.read_arrays(fn_args.eval_files, LABEL_KEY)
    model = XGBClassifier(n_estimators=80, max_depth=4, learning_rate=0.15, random_state=0)
    model.fit(X, y, eval_set=[unseen], verbose=False)
    log = RunLog(fn_args.model_run_dir)
    for step, loss in enumerate(model.evals_result()["validation_0"]["logloss"], 1):
        log.write(step, eval_log_loss=loss)
    save_model(
        model,
        fn_args.serving_model_dir,
        transform_graph=fn_args.transform_graph_path,
        schema=fn_args.schema_path,
        label=LABEL_KEY,
    )
