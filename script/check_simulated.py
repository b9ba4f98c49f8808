"""Opens every kind of folder of a synthetic Earth with the field's own readers and prints what they see."""

import glob
import os
import sys
import tempfile

import numpy as np
import rasterio
from rasterio.warp import Resampling, reproject
from torchgeo.datasets import OSCD, BigEarthNet, SpaceNet2


def check_safe(root):
    for product in sorted(glob.glob(f"{root}/l2a/*/*.SAFE")):
        with rasterio.open(f"{product}/MTD_MSIL2A.xml") as metadata:
            assert metadata.driver == "SENTINEL2", metadata.driver
            names = [name for name in metadata.subdatasets if ":TCI:" not in name]
            cloud = float(metadata.tags()["CLOUD_COVERAGE_ASSESSMENT"])
        sizes = []
        for name in names:
            with rasterio.open(name) as part:
                assert part.read(1).any(), name
                sizes.append(f"{part.width}x{part.height} at {part.res[0]:.0f} m")
        print(f"GDAL SENTINEL2  {os.path.basename(product)}: {', '.join(sizes)}, cloud {cloud:.1f} %")


def check_oscd(root):
    for split in ("train", "test"):
        for sample in OSCD(root=f"{root}/oscd", split=split):
            assert sample["image1"].shape == sample["image2"].shape and sample["image1"].shape[0] == 13
            changed = sample["mask"].float().mean().item()
            assert set(sample["mask"].unique().tolist()) <= {0, 1}
            print(f"torchgeo OSCD  {split} {tuple(sample['image1'].shape)}: {100 * changed:.1f} % changed")


def check_bigearthnet(root):
    patches = BigEarthNet(root=f"{root}/bigearthnet", split="train", bands="s2", num_classes=43)
    shapes = {tuple(sample["image"].shape) for sample in patches}
    print(f"torchgeo BigEarthNet  {len(patches)} training patches {shapes}")


def check_spacenet(root):
    with tempfile.TemporaryDirectory() as folder:
        os.makedirs(f"{folder}/SN2_buildings/train")
        os.symlink(os.path.abspath(f"{root}/spacenet/AOI_2_Sim_Train"), f"{folder}/SN2_buildings/train/AOI_2_Sim_Train")
        for image in ("MUL-PanSharpen", "RGB-PanSharpen"):
            chips = SpaceNet2(root=folder, aois=[2], image=image)
            covered = [chips[index]["mask"].float().mean().item() for index in range(len(chips))]
            assert max(covered) > 0
            print(f"torchgeo SpaceNet2  {len(chips)} chips {tuple(chips[0]['image'].shape)}: {100 * np.mean(covered):.1f} % roofs")


def check_sensor(root):
    """Rectifies the sensor scene by its RPC and DEM and compares it with the map that is true."""
    with rasterio.open(f"{root}/sensor/scene.tif") as scene, rasterio.open(f"{root}/sensor/truth/map.tif") as truth:
        expected = truth.read(3).astype("float32")
        for name, options in (("without", {}), ("with", {"RPC_DEM": f"{root}/sensor/dem.tif"})):
            found = np.zeros_like(expected)
            reproject(scene.read(3).astype("float32"), found, rpcs=scene.rpcs, src_crs="EPSG:4326", dst_crs=truth.crs,
                      dst_transform=truth.transform, resampling=Resampling.bilinear, **options)
            inside = found > 0
            correlation = np.corrcoef(found[inside], expected[inside])[0, 1]
            print(f"GDAL RPC  {name} the DEM: correlation {correlation:.3f} with the true map")
        assert correlation > 0.9


def main(root):
    kinds = {"l2a": check_safe, "oscd": check_oscd, "bigearthnet": check_bigearthnet, "spacenet": check_spacenet,
             "sensor": check_sensor}
    for kind, check in kinds.items():
        if os.path.isdir(f"{root}/{kind}"):
            check(root)


main(sys.argv[1])
