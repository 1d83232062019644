"""Load a saved model, once somebody has vouched for it."""

from __future__ import annotations

import re
import warnings
from collections.abc import Sequence
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any, Literal

from minitfx.errors import MinitfxError, ModelError, ModelRefusedError
from minitfx.models.destination import Destination
from minitfx.models.flavour import Flavour, flavour_named
from minitfx.models.manifest import Manifest, check_files, model_digest, read_manifest
from minitfx.models.project_code import BundledCode
from minitfx.models.saved_model import SavedModel, TransformGraph

VersionPolicy = Literal["refuse", "warn", "ignore"]

_SHA256 = re.compile(r"[0-9a-fA-F]{64}")


def load_model(
    path: str | Path,
    *,
    trust: bool | str = False,
    versions: VersionPolicy = "refuse",
) -> SavedModel:
    """Return a saved model, ready to predict.

    Parameters
    ----------
    path : path
        The model's folder, the one that holds ``model.json``; or one above it, such as a Model
        artifact or a pushed destination (its ``latest`` version is taken).
    trust : bool or str, default False
        Who vouches for the files. Loading a pickle, or bundled project code, runs it, and the
        manifest beside it proves nothing. False takes only formats that cannot run code; True says
        that you know where the model comes from; a SHA-256 says which model it must be
        (`minitfx.models.model_digest`), as a catalog or the person who made it recorded it.
    versions : {"refuse", "warn", "ignore"}, default "refuse"
        What to do when a package that the file depends on has another minor version here than
        where the model was saved.

    Returns
    -------
    SavedModel
        With ``predict(table)``, ``task``, ``classes``, ``signature`` and ``transform_graph``.

    Raises
    ------
    ModelRefusedError
        If nobody vouches for a file that could run code, or the SHA-256 is another. Nothing has
        been loaded then.
    ModelError
        If there is no model, a file of it is missing or changed, a package is missing or too
        different, or it cannot be loaded.

    Notes
    -----
    The digest of every file is checked before the first is opened.

    Examples
    --------
    >>> import tempfile
    >>> import pyarrow as pa
    >>> from sklearn.tree import DecisionTreeRegressor
    >>> from minitfx.models import load_model, save_model
    >>> folder = tempfile.mkdtemp()
    >>> fitted = DecisionTreeRegressor().fit([[0.0], [1.0]], [1.0, 5.0])
    >>> _ = save_model(fitted, folder, features=["x"])
    >>> load_model(folder, trust=True).predict(pa.table({"x": [2.0]})).to_pydict()
    {'prediction': [5.0]}
    """
    folder = find_model(path)
    digest = model_digest(folder)
    manifest = read_manifest(folder)
    flavour = flavour_named(manifest.flavour)
    _check_trust(folder, manifest, flavour, digest, trust)
    check_files(folder, manifest)
    _check_packages(folder, manifest, flavour.packages, versions)
    code = BundledCode(folder, manifest.code)
    graph = None
    if manifest.transform is not None:
        graph = load_graph(folder / manifest.transform, trust=bool(trust))
    return SavedModel(
        folder,
        digest,
        manifest,
        _load(folder, manifest, flavour, code),
        flavour=flavour,
        code=code,
        transform_graph=graph,
    )


def find_model(path: str | Path) -> Path:
    """Return the folder with ``model.json``: this one, its ``Format-Serving`` or its latest.

    Raises
    ------
    ModelError
        If there is none.
    """
    if "://" in str(path):
        raise ModelError(
            f"{path} is not a folder of this machine; copy a version of it with "
            "minitfx.models.Destination(…).local(version, folder), or serve it with minitfx serve"
        )
    folder = Path(path)
    candidates = [folder, folder / "Format-Serving"]
    version = Destination(folder).latest
    if version is not None:
        candidates.append(folder / version)
    for each in candidates:
        if (each / "model.json").is_file():
            return each
    read_manifest(folder)
    return folder


def load_graph(folder: Path, *, trust: bool) -> TransformGraph:
    """Return the fitted transform of a folder.

    Raises
    ------
    ModelRefusedError
        If it holds code, and nobody vouches for it.
    """
    from minitfx.transform import load

    graph: TransformGraph = load(folder, trust=trust)
    return graph


def installed_version(package: str) -> str | None:
    """Return the version of an installed distribution, or None."""
    try:
        return version(package)
    except PackageNotFoundError:
        return None


def _check_trust(
    folder: Path, manifest: Manifest, flavour: Flavour, digest: str, trust: bool | str
) -> None:
    if isinstance(trust, str):
        if not _SHA256.fullmatch(trust):
            raise ModelError(f"trust={trust!r} is not a SHA-256; expected 64 hexadecimal digits")
        if trust.lower() != digest:
            raise ModelRefusedError(
                f"the model at {folder} is not the one that was vouched for: its SHA-256 is "
                f"{digest}, expected {trust.lower()}. Nothing of it was loaded"
            )
        return
    runs = f"the {flavour.name} format" if flavour.runs_code else "its bundled project code"
    if not trust and (flavour.runs_code or manifest.code):
        raise ModelRefusedError(
            f"the model at {folder} is refused: loading {runs} runs whatever code its author put "
            f"there, and nobody vouches for it. If you know where it comes from, load it with "
            f"trust={digest!r} (its SHA-256) or trust=True; on the command line, --trust {digest}; "
            "in a pipeline, import it with Importer(custom_properties={'trust': that SHA-256})"
        )


def _check_packages(
    folder: Path, manifest: Manifest, decisive: Sequence[str], policy: VersionPolicy
) -> None:
    differing: list[str] = []
    for package, saved in manifest.packages.items():
        here = installed_version(package)
        if here is None:
            raise ModelError(
                f"the model at {folder} needs the package {package} (saved with {saved}), which "
                f"is not installed. Install it with: pip install '{package}=={saved}'"
            )
        if package in decisive and here.split(".")[:2] != saved.split(".")[:2]:
            differing.append(f"{package} {saved} (here: {here})")
    if not differing or policy == "ignore":
        return
    message = (
        f"the model at {folder} was saved with {', '.join(differing)}; predictions may differ "
        "or fail"
    )
    if policy == "refuse":
        raise ModelError(
            f"{message}. Install those versions, train it again, or load it with versions='warn'"
        )
    warnings.warn(message, UserWarning, stacklevel=3)


def _load(folder: Path, manifest: Manifest, flavour: Flavour, code: BundledCode) -> Any:
    try:
        with code.importable():
            return flavour.load(folder / manifest.file)
    except MinitfxError:
        raise
    except ModuleNotFoundError as error:
        raise ModelError(
            f"the model at {folder} needs the module {error.name!r}, which is neither installed "
            "nor bundled with the model; install the package that has it"
        ) from error
    except (Exception, SystemExit) as error:
        told = f"{type(error).__name__}: {error}".removesuffix(": ")
        raise ModelError(f"the model at {folder} cannot be loaded: {told}") from error
