import Raster

/// Aligns a region, and sets aside the dates of which no decoder survives a file.
struct GuardedAlignment {
    let region: RegionPlan
    let settings: PrepSettings
    let blocks: DecodedBlocks

    /// Aligns what is sound; starts anew without each date that turns out not to be.
    ///
    /// - Throws: `DecodeFault` where no date is left.
    func run(onDate: (DateAlignment) throws -> Void) throws -> RegionAlignment {
        var faults: [Int: DecodeFault] = [:]
        while true {
            let sound = region.scenes.indices.filter { faults[$0] == nil }
            do {
                var alignment = try aligner(of: sound).align(onDate: onDate)
                for (place, fault) in faults where region.own.contains(place) {
                    let scene = region.scenes[place]
                    let date = DateAlignment(scene: scene, status: .skipped, reason: fault.reason)
                    alignment.dates.append(date)
                    try onDate(date)
                }
                alignment.dates.sort { $0.date < $1.date }
                let foreign = faults.keys.filter { !region.own.contains($0) }.sorted()
                if !foreign.isEmpty { alignment.leftOut = foreign.map { region.scenes[$0].name } }
                return alignment
            } catch let fault as DecodeFault {
                let place = sound.first { region.scenes[$0].holds(fault.path) }
                guard let place, sound.count > 1 else { throw fault }
                faults[place] = fault
            }
        }
    }

    private func aligner(of sound: [Int]) -> RegionAligner {
        let own = region.own
        let first = sound.count { $0 < own.lowerBound }
        return RegionAligner(
            region: region.name, scenes: sound.map { region.scenes[$0] }, bands: region.bands,
            settings: settings, own: first..<first + sound.count(where: own.contains),
            blocks: blocks)
    }
}

extension RegionAlignment {
    /// The scenes that were set aside before dates were held against one another, those of other shards too.
    var excluded: Set<String> {
        Set(leftOut ?? []).union(
            dates.filter { DecodeFault.isReason($0.reason) }.map(\.scene))
    }

    /// Whether two shards' alignments of a region are parts of one: the same scenes held against the same reference.
    func isPart(ofOneWith other: RegionAlignment) -> Bool {
        grid == other.grid && reference == other.reference && band == other.band
            && excluded == other.excluded
    }
}

extension Scene {
    /// Whether a file is one of the scene's.
    fileprivate func holds(_ path: String) -> Bool {
        bands.values.contains { $0.path == path } || classification?.path == path
            || granulePath != nil && path.hasPrefix("\(folder)/")
    }
}
