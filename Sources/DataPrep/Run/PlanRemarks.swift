import Manifests

/// What of a region's scenes is not known and matters, and what is said of it.
enum PlanRemarks {
    private static let cure =
        "say what their numbers have with --loose-offset (surface.looseOffset in a recipe): absent (reflectance × "
        + "10000), by-date (as delivered: 1000 more from \(LooseNumbers.firstDay) on) or present (1000 more in all)"

    /// An offset in the numbers of some dates would look like a change of everything.
    ///
    /// - Throws: `PrepError` (`badData`) where it is not known of some, and the region's dates lie on both sides of baseline 04.00,
    ///   or others are known beside late ones.
    static func refuseUnknownOffsets(_ scenes: [Scene], region: String) throws {
        func isLate(_ scene: Scene) -> Bool { scene.time.day >= LooseNumbers.firstDay }
        let unknown = scenes.filter { !$0.isOffsetKnown }
        guard let example = unknown.last else { return }
        let isOnBothSides = Set(scenes.map(isLate)).count > 1
        guard isOnBothSides || (isLate(example) && unknown.count < scenes.count) else { return }
        throw PrepError(
            .badData, region,
            "\(named(unknown)) do not say whether the offset of baseline 04.00 is in their numbers, and "
                + "dates before and after it, or others that say it, stand beside them; \(cure)")
    }

    /// What a run tells before it works.
    static func lines(of scenes: [Scene], in region: String, _ settings: PrepSettings) -> [String] {
        var lines: [String] = []
        let unknown = scenes.filter { !$0.isOffsetKnown }
        if !unknown.isEmpty {
            lines.append(
                "\(region): \(named(unknown)) do not say whether the offset of baseline 04.00 is in their numbers, "
                    + "which are taken for reflectance × 10000; where that is wrong, \(cure)")
        }
        for (names, scenes) in unknownDigests(of: scenes).sorted(by: { $0.key < $1.key }) {
            lines.append(
                "\(region): \(scenes) of its scenes say digests of a kind not known here (\(names)) in manifest.safe; of "
                    + "such files only the sizes are held against it")
        }
        for scene in scenes where !scene.twinFolders.isEmpty {
            lines.append(
                "\(region): \(scene.name) is there more than once: read from \(scene.folder), not from "
                    + scene.twinFolders.joined(separator: ", "))
        }
        let above = scenes.count { $0.isSurfaceReflectance == false }
        if above > 0, settings.surfaceReflectance == .delivered {
            lines.append(
                "\(region): \(above) of its scenes hold reflectance at the top of the atmosphere (L1C), which stays so; "
                    + "for that of the ground give --surface-reflectance auto")
        }
        return lines
    }

    /// Names of digests that nothing here computes, and of how many scenes; what cannot be read is said when it is proven.
    private static func unknownDigests(of scenes: [Scene]) -> [String: Int] {
        let told = try? concurrently(scenes.filter { $0.checksumPath != nil }) { scene in
            let all = (try? scene.checksums())?.values.map(\.algorithm) ?? []
            let unknown = Set(all).filter { FileDigest.Algorithm(safeName: $0) == nil }
            return unknown.sorted().joined(separator: ", ")
        }
        return Dictionary(grouping: told ?? []) { $0 }.mapValues(\.count).filter { !$0.key.isEmpty }
    }

    /// A few files by name, and how many more there are.
    private static func named(_ scenes: [Scene]) -> String {
        let paths = scenes.prefix(2).compactMap { $0.bands.min { $0.key < $1.key }?.value.path }
        let rest = scenes.count - paths.count
        return paths.joined(separator: ", ") + (rest > 0 ? " and files of \(rest) dates more" : "")
    }
}
