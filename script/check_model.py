"""Reads a pretraining run and its exports as others do.

usage: check_model.py RUN EXPORTS
EXPORTS holds trunk.safetensors, and NAME.onnx with NAME.proof.safetensors for each of GRAPHS."""
import json
import pathlib
import sys

import numpy
import onnx
import onnxruntime
import safetensors.numpy
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

# Each graph's input and output, and the largest difference that is borne, in parts of the largest value where that
# is above 1.
GRAPHS = {
    "patches": ("patches", "features", 1e-5),
    "map": ("image", "map", 1e-4),
    "image": ("image", "features", 1e-4),
    "image-7": ("image", "features", 1e-4),
}


def check_graph(exports, name):
    """The graph is valid, and gives what matter-model found for the same input, however much of it there is."""
    given, result, largest = GRAPHS[name]
    onnx.checker.check_model(onnx.load(exports / f"{name}.onnx"), full_check=True)
    session = onnxruntime.InferenceSession(exports / f"{name}.onnx", providers=["CPUExecutionProvider"])
    proof = safetensors.numpy.load_file(exports / f"{name}.proof.safetensors")
    worst = 0.0
    for count in (1, len(proof[given])):
        found = session.run([result], {given: proof[given][:count]})[0]
        wanted = proof[result][:count]
        if found.shape != wanted.shape:
            sys.exit(f"check-model: onnxruntime's {result} of {name} have shape {found.shape}, not {wanted.shape}")
        worst = float(numpy.maximum(worst, numpy.abs(found - wanted).max()))
    scale = float(numpy.abs(proof[result]).max())
    if not worst <= largest * max(scale, 1):
        sys.exit(f"check-model: onnxruntime's {result} of {name} differ by {worst} from ours (largest {scale})")
    version = onnxruntime.__version__
    print(f"onnxruntime {version}, {name}: {result} differ by at most {worst:.2e} (largest {scale:.3g})")


def check_names(exports):
    """Every array of the trunk has a name and a type that torchvision's ResNet knows."""
    trunk = safetensors.numpy.load_file(exports / "trunk.safetensors")
    parts = {"conv1", "bn1", "layer1", "layer2", "layer3", "layer4"}
    strange = [name for name in trunk if name.split(".")[0] not in parts]
    if strange:
        sys.exit(f"check-model: {', '.join(strange)}: no names of torchvision's ResNet")
    with safetensors.safe_open(exports / "trunk.safetensors", "numpy") as file:
        facts = file.metadata()
    told = int(facts["mapChannels"]) + len(facts["bands"].split(","))
    reads = trunk["conv1.weight"].shape[1]
    if reads != told:
        sys.exit(f"check-model: conv1.weight reads {reads} channels, the metadata tell of {told}")
    print(f"safetensors: {len(trunk)} arrays of the trunk, {facts['mapChannels']} channels of a map and {facts['bands']}")


def check_board(run):
    """TensorBoard shows each step once, with the numbers of curves.jsonl."""
    board = EventAccumulator(str(run / "tensorboard"), size_guidance={"scalars": 0})
    board.Reload()
    points = [json.loads(line) for line in (run / "curves.jsonl").read_text().splitlines()]
    for tag, key in (("train/loss", "loss"), ("train/learningRate", "learningRate"), ("features/embeddingStd", "embeddingStd")):
        shown = [(event.step, event.value) for event in board.Scalars(tag)]
        wanted = [(point["step"], numpy.float32(point[key])) for point in points]
        if shown != wanted:
            sys.exit(f"check-model: TensorBoard's {tag} is not {key} of curves.jsonl")
    print(f"tensorboard: {len(points)} steps, tags {', '.join(sorted(board.Tags()['scalars']))}")


run, exports = map(pathlib.Path, sys.argv[1:])
for graph in GRAPHS:
    check_graph(exports, graph)
check_names(exports)
check_board(run)
