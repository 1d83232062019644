"""A Trainer's module with PyTorch."""

import numpy as np
import torch

from minitfx.models import save_model
from minitfx.training import RecordBatchesOptions, RunLog

LABEL_KEY = "big_tipper"
EPOCHS = 6
BATCH = RecordBatchesOptions(batch_size=128, num_epochs=EPOCHS, shuffle=0)


class TipNetwork(torch.nn.Module):
    """Two hidden layers over standardised features.

    Parameters
    ----------
    mean, scale : ndarray of shape (features,)
        What features are standardised by.
    """

    def __init__(self, mean, scale):
        super().__init__()
        self.register_buffer("mean", torch.as_tensor(mean, dtype=torch.float32))
        self.register_buffer("scale", torch.as_tensor(scale, dtype=torch.float32))
        self.layers = torch.nn.Sequential(
            torch.nn.Linear(len(mean), 32),
            torch.nn.ReLU(),
            torch.nn.Linear(32, 16),
            torch.nn.ReLU(),
            torch.nn.Linear(16, 2),
        )

    def forward(self, X):
        """Return the logits of both classes."""
        return self.layers((X - self.mean) / self.scale)


class TipClassifier:
    """The network behind the methods that minitfx calls a classifier by.

    It predicts in double precision: sums of single precision depend, in the digits that the
    InfraValidator compares, on how many rows are predicted at once.
    """

    classes_ = np.array([0, 1])

    def __init__(self, network):
        self.network = network.double().eval()

    def predict_proba(self, X):
        """Return the probabilities of both classes."""
        with torch.no_grad():
            logits = self.network(torch.as_tensor(np.asarray(X), dtype=torch.float64))
            return torch.softmax(logits, dim=1).numpy()

    def predict(self, X):
        """Return the likelier class."""
        return self.predict_proba(X).argmax(axis=1)


def run_fn(fn_args):
    """Train over shuffled batches that are streamed from the files, and save the network."""
    torch.manual_seed(0)
    accessor = fn_args.data_accessor
    X_eval, y_eval = (torch.as_tensor(each) for each in
                      accessor.read_arrays(fn_args.eval_files, LABEL_KEY))  # fmt: skip
    network = TipNetwork(*standardisation(accessor, fn_args.train_files))
    optimizer = torch.optim.Adam(network.parameters(), lr=0.01)
    loss_of = torch.nn.CrossEntropyLoss()
    log = RunLog(fn_args.model_run_dir)
    batches = accessor.arrays(fn_args.train_files, LABEL_KEY, options=BATCH)
    for step, (X, y) in enumerate(batches, 1):
        optimizer.zero_grad()
        loss = loss_of(network(torch.as_tensor(X, dtype=torch.float32)), torch.as_tensor(y))
        loss.backward()
        optimizer.step()
        if step % 50 == 0:
            with torch.no_grad():
                unseen = loss_of(network(X_eval.float()), y_eval)
            log.write(step, train_log_loss=loss.item(), eval_log_loss=unseen.item())
    save_model(
        TipClassifier(network),
        fn_args.serving_model_dir,
        transform_graph=fn_args.transform_graph_path,
        schema=fn_args.schema_path,
        label=LABEL_KEY,
        features=feature_names(accessor, fn_args.train_files),
    )


def feature_names(accessor, files):
    """Return the columns of X, in order."""
    return [name for name in accessor.schema(files).names if name != LABEL_KEY]


def standardisation(accessor, files):
    """Return mean and standard deviation of the features, in one pass over the batches."""
    rows, total, squares = 0, 0.0, 0.0
    for X, _ in accessor.arrays(files, LABEL_KEY):
        rows += len(X)
        total = total + X.sum(axis=0)
        squares = squares + (X**2).sum(axis=0)
    mean = total / rows
    return mean, np.sqrt(np.maximum(squares / rows - mean**2, 1e-12))
