import Geo
import Manifests
import Raster

/// Aligns the dates of one region: to one of them, to a mosaic of them, or to what all of them agree on.
struct RegionAligner {
    let region: String
    let scenes: [Scene]
    let bands: [Sentinel2Band]
    let settings: PrepSettings
    /// Places in `scenes` of the dates to align, or `nil` for all.
    ///
    /// The reference is chosen among all in any case.
    var own: Range<Int>?
    /// Where pixels are decoded; kept, so that cutting tiles after it finds them there.
    var blocks = DecodedBlocks()

    func align(onDate: (DateAlignment) throws -> Void) throws -> RegionAlignment {
        let aligner = DateAligner(
            settings: settings, bands: try alignmentBands(), blocks: blocks)
        let clear = try scenes.map {
            try SceneFiles(scene: $0, blocks: blocks).clearFraction(aligner.bands[0])
        }
        let reference = AlignmentReference(settings.reference)
        let anchor = try anchor(reference, clear)
        let files = SceneFiles(scene: scenes[anchor], blocks: blocks)
        let grid = try finestGrid(files)
        let stack = DateStack(
            scenes: scenes, clear: clear, anchor: anchor, own: own ?? scenes.indices,
            frame: try AlignmentFrame(files, bands: aligner.bands, region: grid), aligner: aligner)
        let dates =
            switch reference {
            case .date: try stack.alignedToAnchor(onDate: onDate)
            case .mosaic: try stack.alignedToMosaic(onDate: onDate)
            case .consensus: try stack.alignedByConsensus(onDate: onDate)
            }
        return RegionAlignment(
            region: region, band: aligner.bands.map(\.rawValue).joined(separator: ","),
            reference: reference.name ?? scenes[anchor].time.iso8601, grid: grid, dates: dates)
    }

    /// The wanted bands where the dates have them, else the first of the finest that they have.
    ///
    /// - Throws: `PrepError`, `usage` when the bands differ in resolution: their windows would not be the same ground.
    func alignmentBands() throws -> [Sentinel2Band] {
        let wanted = settings.alignmentBands
        guard Set(wanted.map(\.nativeResolutionInMetres)).count == 1 else {
            throw PrepError(
                .usage, "--alignment-bands \(wanted.map(\.rawValue).joined(separator: ","))",
                "bands of one resolution speak together: B02,B03,B04,B08 or B05,B06,B07,B8A,B11,B12"
            )
        }
        let has = { (band: Sentinel2Band) in scenes.allSatisfy { $0.bands[band] != nil } }
        if wanted.allSatisfy(has) { return wanted }
        let finest = bands.filter(has).min {
            $0.nativeResolutionInMetres < $1.nativeResolutionInMetres
        }
        return [finest ?? wanted[0]]
    }

    /// The date on whose grid all lie: the wanted one, else the first of those with most clear pixels.
    private func anchor(_ reference: AlignmentReference, _ clear: [Double]) throws -> Int {
        if case .date(let wanted?) = reference {
            let label = SensingTime(wanted)
            guard
                let index = scenes.firstIndex(where: { $0.time == label || $0.time.day == wanted })
            else {
                throw PrepError(
                    .missing, region,
                    "no scene of \(wanted); there are \(scenes.map(\.time.day).joined(separator: ", "))"
                )
            }
            return index
        }
        return clear.indices.max { clear[$0] < clear[$1] || (clear[$0] == clear[$1] && $0 > $1) }
            ?? 0
    }

    private func finestGrid(_ files: SceneFiles) throws -> GeoGrid {
        let grids = try bands.map { try files.grid(of: files.scene.source(of: $0)) }
        let finest = grids.min {
            $0.transform.resolution.alongRow < $1.transform.resolution.alongRow
        }
        guard let finest else { throw PrepError(.usage, region, "no band is asked for") }
        return finest
    }
}

extension AlignmentReference {
    /// What stands for it in a record; `nil` for a date, which is named by its time.
    fileprivate var name: String? {
        switch self {
        case .date: nil
        case .mosaic: "mosaic"
        case .consensus: "consensus"
        }
    }
}
