"""The model, and how it is trained."""

from features import LABEL_KEY, TRANSFORMED_FEATURES
from sklearn.linear_model import LogisticRegression

from minitfx.models import save_model
from minitfx.training import RunLog


def make_model(hyperparameters):
    """Return a model that is not fitted yet."""
    return LogisticRegression(max_iter=500, **hyperparameters)


def run_fn(fn_args):
    """Train a model with the best hyperparameters and save it."""
    read = fn_args.data_accessor.read_arrays
    model = make_model(fn_args.hyperparameters or {})
    model.fit(*read(fn_args.train_files, LABEL_KEY, TRANSFORMED_FEATURES))
    accuracy = model.score(*read(fn_args.eval_files, LABEL_KEY, TRANSFORMED_FEATURES))
    RunLog(fn_args.model_run_dir).write(0, eval_accuracy=accuracy)
    save_model(
        model,
        fn_args.serving_model_dir,
        transform_graph=fn_args.transform_graph_path,
        schema=fn_args.schema_path,
        label=LABEL_KEY,
        features=TRANSFORMED_FEATURES,
    )
