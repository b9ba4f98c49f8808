import Foundation
import Raster

/// Whether numbers of band files that neither say it nor lie in a folder named like a product have the offset of −1000 in them.
///
/// Products of baseline 04.00 and later have it; most files that others made of such products have it taken out.
public enum LooseOffset: String, Hashable, Sendable, Codable, CaseIterable {
    /// Numbers are reflectance × 10000.
    case absent
    /// It is in the numbers of dates from 2022-01-25 on, as products were delivered.
    case byDate = "by-date"
    /// It is in all numbers, as in products that were processed anew since.
    case present
}

/// What is known of the numbers of a band file that comes without metadata: from the file, from names, or from who gives it.
struct LooseNumbers {
    /// The first day of baseline 04.00.
    static let firstDay = "2022-01-25"

    private let path: String
    private let time: SensingTime
    private let rule: LooseOffset?
    private let baseline: Double?

    init(_ path: String, taken time: SensingTime, rule: LooseOffset?) {
        (self.path, self.time, self.rule) = (path, time, rule)
        baseline = Self.baseline(inNamesOf: path)
    }

    /// How the numbers of a band are read; nil where nobody says.
    ///
    /// As of STAC items: what the file says counts, but products before baseline 04.00 have no offset.
    /// - Throws: `PrepError` (`badData`) for a scale or an offset that no reflectance has.
    func radiometry(_ file: ForeignRaster, band index: Int) throws -> Radiometry? {
        let isEarly = baseline.map { $0 < 4 } ?? false
        if let said = try said(file, band: index) {
            return Radiometry(
                offset: isEarly ? 0 : (said.offset / said.scale).rounded(),
                quantification: (1 / said.scale).rounded())
        }
        if let baseline, baseline < 90 { return isEarly ? .harmonised : .shifted }
        switch rule {
        case .absent: return .harmonised
        case .byDate: return time.day < Self.firstDay ? .harmonised : .shifted
        case .present: return .shifted
        case nil: return nil
        }
    }

    /// The file's own scale and offset; a scale of 1 without offset says nothing.
    private func said(_ file: ForeignRaster, band index: Int) throws -> BandScale? {
        guard file.bandScales.indices.contains(index), let said = file.bandScales[index],
            said != BandScale(scale: 1, offset: 0)
        else { return nil }
        guard Radiometry.isSound(scale: said.scale, offset: said.offset) else {
            throw PrepError(
                .badData, path,
                "the file says reflectance is number × \(said.scale) + \(said.offset): a scale is "
                    + "0.000001 to 1, an offset −10 to 10; correct the file")
        }
        return said
    }

    /// The processing baseline in a product's name, "…_N0400_R022_…", of the file or the nearest folder that has one.
    private static func baseline(inNamesOf path: String) -> Double? {
        path.split(separator: "/").reversed().lazy.compactMap { baseline(in: $0) }.first
    }

    private static func baseline(in name: Substring) -> Double? {
        let parts = name.split { !($0.isASCII && ($0.isLetter || $0.isNumber)) }
        for (place, part) in parts.enumerated() where part.count == 5 && part.hasPrefix("N") {
            // "N4500" alone may be a latitude.
            let next = place + 1 < parts.count ? parts[place + 1] : ""
            let isOrbit = next.count == 4 && next.hasPrefix("R") && Int(next.dropFirst()) != nil
            if name.contains("MSIL") || isOrbit, let digits = UInt(part.dropFirst()) {
                return Double(digits) / 100
            }
        }
        return nil
    }
}

extension Radiometry {
    /// Numbers of products of baseline 04.00 and later: reflectance × 10000, and 1000 more.
    fileprivate static let shifted = Radiometry(offset: -1000, quantification: 10000)
}
