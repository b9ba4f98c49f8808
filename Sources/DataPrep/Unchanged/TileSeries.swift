import Geo
import Manifests
import Store

/// All dates of one tile in memory, on the bands that are compared.
struct TileSeries: Sendable {
    /// One date.
    struct Acquisition: Sendable {
        let record: TileRecord
        /// A plane a band.
        let planes: [[UInt16]]
        /// 1 where the ground is seen.
        let clear: [UInt8]
        /// Number of clear pixels.
        let clearCount: Int
    }

    let tile: String
    let size: PixelSize
    let bands: [Sentinel2Band]
    let dates: [Acquisition]
    let leftOut: [UnchangedTile.LeftOut]

    /// Reads the dates of a tile, in order of time.
    ///
    /// - Throws: `StoreError` or `PrepError` for a store that is not what the manifest says.
    init(
        _ records: [TileRecord], store: SampleStore, settings: UnchangedSettings
    ) throws {
        let records = records.sorted { $0.date < $1.date }
        guard let first = records.first else {
            throw PrepError(.badData, store.path, "a tile without dates")
        }
        tile = "\(first.region)/\(first.column)_\(first.row)"
        let size = try PixelSize(width: first.width, height: first.height)
        self.size = size
        bands = try Self.bands(records, settings)
        var dates: [Acquisition] = []
        var leftOut: [UnchangedTile.LeftOut] = []
        for record in records {
            guard record.aligned else {
                let reason = "not aligned: \(record.reason ?? "no reason given")"
                leftOut.append(UnchangedTile.LeftOut(date: record.date, reason: reason))
                continue
            }
            let date = try Self.read(record, bands, size, store, settings)
            if date.clearCount < settings.fewestPixels {
                leftOut.append(
                    UnchangedTile.LeftOut(
                        date: record.date, reason: "\(date.clearCount) pixels are clear"))
            } else {
                dates.append(date)
            }
        }
        (self.dates, self.leftOut) = (dates, leftOut)
    }

    /// The bands asked for, or those of 10 and 20 m that all dates have.
    private static func bands(
        _ records: [TileRecord], _ settings: UnchangedSettings
    ) throws -> [Sentinel2Band] {
        let common = records.map { Set($0.bands) }.reduce(Set(records[0].bands)) {
            $0.intersection($1)
        }
        let there = Sentinel2Band.allCases.filter { common.contains($0.rawValue) }
        if let wanted = settings.bands {
            guard let missing = wanted.first(where: { !there.contains($0) }) else { return wanted }
            throw PrepError(
                .missing, records[0].id,
                "not every date has \(missing.rawValue); name bands that are there")
        }
        let sharp = there.filter { $0.nativeResolutionInMetres < 60 }
        guard !there.isEmpty else {
            throw PrepError(.badData, records[0].id, "the dates of this tile share no band")
        }
        return sharp.isEmpty ? there : sharp
    }

    private static func read(
        _ record: TileRecord, _ bands: [Sentinel2Band], _ size: PixelSize, _ store: SampleStore,
        _ settings: UnchangedSettings
    ) throws -> Acquisition {
        // The store itself does not see a flipped bit, and what was made of it would be kept.
        if let digest = record.sampleSHA256, try store.digest(record.storeKey) != digest {
            throw PrepError(
                .badData, record.id,
                "its sample in the store is not the one that was written; run matter-prep run again"
            )
        }
        return try store.withSample(record.storeKey) { sample in
            func plane(_ band: Sentinel2Band) throws -> [UInt16] {
                try sample.pixels(band.rawValue, as: UInt16.self)
            }
            let planes = try bands.map(plane)
            var clear = try sample.pixels("valid", as: UInt8.self)
            guard ([clear.count] + planes.map(\.count)).allSatisfy({ $0 == size.count }) else {
                throw PrepError(
                    .badData, record.id,
                    "the sample in the store has not \(size) pixels; run "
                        + "matter-prep verify")
            }
            let needed: [Sentinel2Band] = [.b03, .b08, .b11]
            if settings.masksSnow, needed.allSatisfy({ record.bands.contains($0.rawValue) }) {
                hideSnow(
                    &clear, green: try plane(.b03), nearInfrared: try plane(.b08),
                    shortwave: try plane(.b11))
            }
            for plane in planes {
                for index in clear.indices where plane[index] == 0 { clear[index] = 0 }
            }
            return Acquisition(
                record: record, planes: planes, clear: clear,
                clearCount: clear.reduce(0) { $0 + Int($1) })
        }
    }

    /// Snow by its index (Dozier, Remote Sensing of Environment 28, 1989), told from water by its near infrared.
    private static func hideSnow(
        _ clear: inout [UInt8], green: [UInt16], nearInfrared: [UInt16], shortwave: [UInt16]
    ) {
        for index in clear.indices {
            let (green, shortwave) = (Int(green[index]), Int(shortwave[index]))
            if 5 * (green - shortwave) > 2 * (green + shortwave), nearInfrared[index] > 1100 {
                clear[index] = 0
            }
        }
    }
}
