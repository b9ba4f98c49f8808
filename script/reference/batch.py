"""Numbers that PyTorch gives for planes enlarged to a batch's grid.

    python script/reference/batch.py > Tests/Fixtures/batch.json      (needs torch==2.11.0)
"""
import json

import torch

CASES = [(20, 20, 120, 120), (60, 60, 120, 120), (5, 7, 10, 14), (3, 4, 18, 24), (7, 5, 11, 13), (9, 8, 4, 3), (1, 1, 4, 4)]


def main():
    generator = torch.Generator().manual_seed(7)
    cases = []
    for height, width, rows, columns in CASES:
        plane = torch.randint(0, 10000, (height, width), generator=generator)
        grown = torch.nn.functional.interpolate(
            plane[None, None].double(), size=(rows, columns), mode="bilinear", align_corners=False)[0, 0]
        near = torch.nn.functional.interpolate(plane[None, None].double(), size=(rows, columns), mode="nearest-exact")[0, 0]
        # Of the large ones every 7th row and 5th column is enough.
        step = (7, 5) if rows > 50 else (1, 1)
        cases.append({
            "height": height, "width": width, "rows": rows, "columns": columns, "rowStep": step[0], "columnStep": step[1],
            "pixels": plane.flatten().tolist(),
            "bilinear": [round(value, 4) for value in grown[:: step[0], :: step[1]].flatten().tolist()],
            "nearest": near[:: step[0], :: step[1]].long().flatten().tolist(),
        })
    print(json.dumps({"torch": torch.__version__, "cases": cases}, separators=(",", ":")))


main()
