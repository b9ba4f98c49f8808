"""Holds every *.vl.json of some folders against Vega-Lite's schema (altair's copy) and draws it (vl-convert)."""
import json
import pathlib
import sys

import altair
import vl_convert


def fault(path):
    """Why Vega-Lite does not take a plot; None if it does."""
    try:
        altair.Chart.from_dict(json.loads(path.read_text()))
        picture = vl_convert.vegalite_to_png(path.read_text())
    except Exception as error:
        return str(error).splitlines()[0]
    return None if picture.startswith(b"\x89PNG") else "nothing was drawn"


def main(folders):
    paths = sorted(path for folder in folders for path in pathlib.Path(folder).rglob("*.vl.json"))
    if not paths:
        sys.exit("check-plots: no *.vl.json in " + " ".join(folders))
    faults = {path: text for path in paths if (text := fault(path))}
    for path, text in faults.items():
        print(f"{path}: {text}")
    print(f"{len(paths) - len(faults)} of {len(paths)} plots are Vega-Lite {altair.SCHEMA_VERSION[1:]} and can be drawn")
    sys.exit(1 if faults else 0)


main(sys.argv[1:])
