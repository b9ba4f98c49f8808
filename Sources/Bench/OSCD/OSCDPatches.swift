import Geo
public import Store

/// Patches that cover every pixel of some cities, cut from memory: each city is read once and kept as 16-bit numbers.
///
/// All 24 published cities take about 0.5 GB. Keys are "<city>/<row>_<column>" of the patch's first pixel.
public struct OSCDPatches: SampleSource {
    /// Which windows are cut.
    public let tiling: PatchTiling
    private let cities: [OSCDCity]
    private let patches: [Patch]

    private struct Patch {
        let city: Int
        let place: PixelOffset
    }

    /// Reads cities and lays patches over them.
    ///
    /// - Parameters:
    ///   - dataset: the data set.
    ///   - indices: which of its cities.
    ///   - tiling: the patches' side and stride.
    /// - Throws: what reading throws; `BenchError`, 78, naming a city that is smaller than a patch.
    public init(_ dataset: OSCDDataset, indices: [Int], tiling: PatchTiling) throws {
        self.tiling = tiling
        cities = try indices.map { try dataset.load(dataset.key($0), bands: OSCDPlanes.bands) }
        for city in cities where min(city.pair.size.width, city.pair.size.height) < tiling.side {
            throw BenchError(
                .configuration,
                "\(city.name): \(city.pair.size) pixels hold no patch of \(tiling.side); ask for smaller patches"
            )
        }
        patches = cities.enumerated().flatMap { city, facts in
            tiling.places(in: facts.pair.size).map { Patch(city: city, place: $0) }
        }
    }

    /// How many patches there are.
    public var count: Int { patches.count }

    /// Bytes of the cities in memory.
    public var byteCount: Int {
        cities.reduce(0) { $0 + $1.pair.size.count * (4 * OSCDPlanes.bands.count + 1) }
    }

    /// "<city>/<row>_<column>".
    public func key(_ index: Int) -> String {
        let patch = patches[index]
        return "\(cities[patch.city].name)/\(patch.place.row)_\(patch.place.column)"
    }

    /// Nothing: the truth is the plane "mask".
    public func target(_ index: Int) -> SampleTarget { .none }

    /// A reader that copies patches into memory of its own.
    public func reader() -> any SampleReader { Reader(self) }

    private final class Reader: SampleReader {
        private let source: OSCDPatches
        private let planeBytes: Int
        private let memory: UnsafeMutableRawBufferPointer
        private var wanted: (planes: [String]?, places: [Int])?

        init(_ source: OSCDPatches) {
            self.source = source
            planeBytes = source.tiling.side * source.tiling.side * 2
            memory = .allocate(byteCount: planeBytes * OSCDPlanes.names.count, alignment: 64)
        }

        deinit { memory.deallocate() }

        func read(_ index: Int, planes: [String]?, _ body: ([SamplePlane]) throws -> Void) throws {
            let places = try places(of: planes, index)
            let (patch, side) = (source.patches[index], source.tiling.side)
            let city = source.cities[patch.city]
            try city.withPlanes { whole in
                try body(
                    places.enumerated().map { number, place in
                        let pixel: SamplePlane.Pixel = place == OSCDPlanes.mask ? .uint8 : .uint16
                        let bytes = UnsafeMutableRawBufferPointer(
                            rebasing: memory[
                                number * planeBytes..<number * planeBytes + side * side * pixel.size
                            ]
                        )
                        copy(whole[place], city.pair.size.width, patch.place, pixel, to: bytes)
                        return SamplePlane(
                            name: OSCDPlanes.names[place], width: side, height: side, pixel: pixel,
                            bytes: UnsafeRawBufferPointer(bytes))
                    })
            }
        }

        private func places(of planes: [String]?, _ index: Int) throws -> [Int] {
            if let wanted, wanted.planes == planes { return wanted.places }
            let places = try OSCDPlanes.places(of: planes, in: source.key(index))
            guard Set(places).count == places.count else {
                throw BenchError(
                    .configuration, "\(source.key(index)): a plane is asked for twice")
            }
            wanted = (planes, places)
            return places
        }

        /// Copies the rows of a window of a plane.
        private func copy(
            _ plane: UnsafeRawBufferPointer, _ width: Int, _ place: PixelOffset,
            _ pixel: SamplePlane.Pixel, to target: UnsafeMutableRawBufferPointer
        ) {
            let length = source.tiling.side * pixel.size
            for row in 0..<source.tiling.side {
                let start = ((place.row + row) * width + place.column) * pixel.size
                UnsafeMutableRawBufferPointer(rebasing: target[row * length..<(row + 1) * length])
                    .copyMemory(
                        from: UnsafeRawBufferPointer(rebasing: plane[start..<start + length]))
            }
        }
    }
}
