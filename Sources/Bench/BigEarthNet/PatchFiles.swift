import Store

/// One file of a patch: the plane that it becomes, and what it must be.
struct PatchFile: Sendable {
    let plane: String
    /// What follows the patch's name: "_B02.tif".
    let suffix: String
    /// Pixels of a side.
    let side: Int
    let pixel: SamplePlane.Pixel
}

/// Files of one kind: all bands of Sentinel-2, both of Sentinel-1, or the reference map.
struct PatchGroup: Sendable {
    /// What a group's files are.
    enum Kind: Sendable {
        case optical
        case radar
        /// The map's CORINE codes.
        case codes
        /// The map as the 19 classes and 255.
        case classes
    }

    let kind: Kind
    /// The folder below the root: "BigEarthNet-S2".
    let folder: String
    /// How many of a patch's last parts ("_75_43") its tile's folder leaves off; nil where patches lie right in `folder`.
    let partsBelowTile: Int?
    let files: [PatchFile]

    /// Whether files are named after the patch's Sentinel-1 partner.
    var isRadar: Bool { kind == .radar }

    /// The 12 bands of L2A in the order of their names, at 10, 20 and 60 m: 120, 60 and 20 pixels.
    static func optical(in folder: String, partsBelowTile: Int?) -> PatchGroup {
        let sides = [
            ("B01", 20), ("B02", 120), ("B03", 120), ("B04", 120), ("B05", 60), ("B06", 60),
            ("B07", 60), ("B08", 120), ("B8A", 60), ("B09", 20), ("B11", 60), ("B12", 60),
        ]
        return PatchGroup(
            kind: .optical, folder: folder, partsBelowTile: partsBelowTile,
            files: sides.map {
                PatchFile(plane: $0.0, suffix: "_\($0.0).tif", side: $0.1, pixel: .uint16)
            })
    }

    /// Backscatter in decibels, 120 × 120 floating-point numbers.
    static func radar(in folder: String, partsBelowTile: Int?) -> PatchGroup {
        PatchGroup(
            kind: .radar, folder: folder, partsBelowTile: partsBelowTile,
            files: ["VV", "VH"].map {
                PatchFile(plane: $0, suffix: "_\($0).tif", side: 120, pixel: .float32)
            })
    }

    /// The CORINE classes of pixels: as codes, or as the 19 classes.
    static func map(in folder: String, partsBelowTile: Int, asClasses: Bool) -> PatchGroup {
        PatchGroup(
            kind: asClasses ? .classes : .codes, folder: folder, partsBelowTile: partsBelowTile,
            files: [
                PatchFile(
                    plane: asClasses ? "mask" : "reference_map", suffix: "_reference_map.tif",
                    side: 120, pixel: .uint16)
            ])
    }

    // MARK: Paths

    /// Writes the path of a patch's file without its suffix: "BigEarthNet-S2/TILE/PATCH/PATCH".
    func write(pathOf patch: ArraySlice<UInt8>, to path: inout [UInt8]) {
        let slash = UInt8(ascii: "/")
        path.removeAll(keepingCapacity: true)
        path.append(contentsOf: folder.utf8)
        path.append(slash)
        if let partsBelowTile {
            path.append(contentsOf: Self.tile(of: patch, without: partsBelowTile))
            path.append(slash)
        }
        path.append(contentsOf: patch)
        path.append(slash)
        path.append(contentsOf: patch)
    }

    /// A patch's name without its last parts.
    static func tile(of patch: ArraySlice<UInt8>, without parts: Int) -> ArraySlice<UInt8> {
        var rest = parts
        var end = patch.endIndex
        while rest > 0, end > patch.startIndex {
            end -= 1
            if patch[end] == UInt8(ascii: "_") { rest -= 1 }
        }
        return patch[..<end]
    }

    /// The names of all patches of which there is a folder, sorted.
    ///
    /// - Throws: `BenchError`, 66.
    func patches(below root: String) throws -> NameList {
        let whole = "\(root)/\(folder)"
        guard let parts = partsBelowTile else { return try NameList(inFolder: whole) }
        let tiles = try NameList(inFolder: whole)
        var found = NameList()
        for tile in 0..<tiles.count where FileSystem.isFolder("\(whole)/\(tiles[tile])") {
            let names = try NameList(inFolder: "\(whole)/\(tiles[tile])")
            for index in 0..<names.count
            where Self.tile(of: names.bytes(of: index), without: parts) == tiles.bytes(of: tile) {
                found.append(names.bytes(of: index))
            }
        }
        return found.sorted()
    }
}
