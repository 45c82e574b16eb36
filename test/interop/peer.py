"""Real BentoML at the other end of a pipe: reads one JSON request a line, answers one JSON line each.

The home is BENTOML_HOME, as always with BentoML. Started by peer.ts.
"""
import json
import os
import sys

answers = os.fdopen(os.dup(1), "w")
os.dup2(2, 1)  # whatever BentoML prints must not mix with the answers

import bentoml
from bentoml.models import ModelContext


def model_of(model):
    info = model.info
    return {
        "tag": str(model.tag),
        "module": info.module,
        "labels": info.labels,
        "options": info.options.to_dict(),
        "metadata": info.metadata,
        "context": {
            "framework_name": info.context.framework_name,
            "framework_versions": info.context.framework_versions,
            "bentoml_version": info.context.bentoml_version,
            "python_version": info.context.python_version,
        },
        "signatures": {
            name: {"batchable": signature.batchable, "batch_dim": list(signature.batch_dim)}
            for name, signature in info.signatures.items()
        },
        "api_version": info.api_version,
        "creation_time": info.creation_time.isoformat(),
        "files": sorted(
            os.path.relpath(os.path.join(folder, name), model.path).replace(os.sep, "/")
            for folder, _, names in os.walk(model.path)
            for name in names
        ),
    }


def bento_of(bento):
    info = bento.info
    return {
        "tag": str(bento.tag),
        "service": info.service,
        "labels": info.labels,
        "creation_time": info.creation_time.isoformat(),
        "models": [str(model.tag) for model in info.all_models],
        "envs": [[env.name, env.value, env.stage] for env in info.envs],
        "entry_service": info.entry_service,
        "args": info.args,
    }


def create_model(tag, files, context=None, **options):
    if context is not None:
        options["context"] = ModelContext(**context)
    with bentoml.models.create(tag, **options) as model:
        for path, text in files.items():
            with open(os.path.join(model.path, path), "w") as file:
                file.write(text)
    return model_of(bentoml.models.get(model.tag))


def import_model(path, format=None):
    return model_of(bentoml.models.import_model(path, input_format=format))


def import_bento(path, format=None):
    return bento_of(bentoml.bentos.import_bento(path, input_format=format))


ACTIONS = {
    "models": lambda name=None: [model_of(model) for model in bentoml.models.list(name)],
    "model": lambda tag: model_of(bentoml.models.get(tag)),
    "create_model": create_model,
    "delete_model": lambda tag: bentoml.models.delete(tag),
    "export_model": lambda tag, path, format=None: bentoml.models.export_model(tag, path, output_format=format),
    "import_model": import_model,
    "bentos": lambda name=None: [bento_of(bento) for bento in bentoml.bentos.list(name)],
    "bento": lambda tag: bento_of(bentoml.bentos.get(tag)),
    "delete_bento": lambda tag: bentoml.bentos.delete(tag),
    "export_bento": lambda tag, path, format=None: bentoml.bentos.export_bento(tag, path, output_format=format),
    "import_bento": import_bento,
}

for line in sys.stdin:
    request = json.loads(line)
    try:
        answer = {"value": ACTIONS[request.pop("do")](**request)}
    except Exception as error:
        answer = {"error": f"{type(error).__name__}: {error}"}
    print(json.dumps(answer), file=answers, flush=True)
