import Geo

/// A data set whose masks are made of outlines of single objects.
protocol OutlinedDataset: Dataset {
    /// The outlines of an image's objects in its pixel coordinates.
    ///
    /// - Throws: as reading the mask does.
    func buildings(_ index: Int) throws -> [BuildingOutline]
}

extension SpaceNetDataset: OutlinedDataset {}

/// The true objects of an image.
struct TrueObjects {
    private let dataset: any Dataset

    init(_ dataset: any Dataset) {
        self.dataset = dataset
    }

    /// The pixels of each object: inside of each outline where the data set has them, else the connected areas of the mask.
    ///
    /// - Throws: what reading outlines throws.
    func callAsFunction(_ image: WholeImage) throws -> [[Int]] {
        guard let outlined = dataset as? any OutlinedDataset else {
            let mask = image.codes.map { $0 == 1 ? UInt8(1) : 0 }
            return ConnectedAreas(of: mask, size: image.size).pixels
        }
        let rasterizer = PolygonRasterizer(image.size)
        return rasterizer.pixels(
            of: try outlined.buildings(image.index), size: image.size, isMirrored: true)
    }
}
