public import Geo

/// When a scene was taken, in UTC, to the second; ordered by time.
public struct SensingTime: Hashable, Sendable, Comparable, CustomStringConvertible {
    /// Fourteen digits: year, month, day, hour, minute, second.
    private let digits: String

    /// Reads "2022-04-13T15:07:59.024Z", "20160608T153121", "2016-06-08" or "20160608"; the fraction is dropped.
    ///
    /// - Returns: `nil` for what is no time of a Sentinel-2 scene: text without a full date, month 13, or a year
    ///   outside 2015…2099 (the first satellite flew in 2015).
    public init?(_ text: String) {
        var rest = Substring(text)
        if rest.hasSuffix("Z") { rest.removeLast() }
        if rest.hasSuffix("+00:00") || rest.hasSuffix("-00:00") { rest.removeLast(6) }
        // Another offset from UTC is no time of a scene.
        let clock = rest.firstIndex(of: "T").map { rest[$0...] } ?? ""
        guard !clock.contains(where: { "+-".contains($0) }) else { return nil }
        if let dot = rest.lastIndex(of: ".") { rest = rest[..<dot] }
        let plain = rest.filter { !"-:".contains($0) }
        let halves = plain.split(separator: "T", omittingEmptySubsequences: false)
        guard let date = halves.first, date.count == 8, halves.count <= 2 else { return nil }
        let time = halves.count == 2 ? halves[1] : "000000"
        let all = date + time
        guard time.count == 6, all.allSatisfy({ $0.isASCII && $0.isNumber }) else { return nil }
        let fields = [0, 4, 6, 8, 10, 12].map { start -> Int in
            let end = start == 0 ? 4 : start + 2
            let from = all.index(all.startIndex, offsetBy: start)
            return Int(all[from..<all.index(all.startIndex, offsetBy: end)]) ?? -1
        }
        let limits = [2015...2099, 1...12, 1...31, 0...23, 0...59, 0...60]
        guard zip(fields, limits).allSatisfy({ $1.contains($0) }),
            fields[2] <= Self.days(ofMonth: fields[1], year: fields[0])
        else { return nil }
        // A leap second counts as the second before it.
        digits = fields[5] == 60 ? String(all.dropLast(2)) + "59" : String(all)
    }

    /// The Gregorian calendar; no year of 2015…2099 is a full century.
    private static func days(ofMonth month: Int, year: Int) -> Int {
        if month == 2 { return year % 4 == 0 ? 29 : 28 }
        return [4, 6, 9, 11].contains(month) ? 30 : 31
    }

    /// "2020-06-01T10:30:00Z".
    public var iso8601: String {
        let d = Array(digits).map(String.init)
        let date = "\(d[0...3].joined())-\(d[4...5].joined())-\(d[6...7].joined())"
        return "\(date)T\(d[8...9].joined()):\(d[10...11].joined()):\(d[12...13].joined())Z"
    }

    /// "20200601T103000": what names files and tiles.
    public var label: String { "\(digits.prefix(8))T\(digits.dropFirst(8))" }

    /// "2020-06-01".
    public var day: String { String(iso8601.prefix(10)) }

    /// ISO 8601.
    public var description: String { iso8601 }

    /// Earlier first.
    public static func < (left: SensingTime, right: SensingTime) -> Bool {
        left.digits < right.digits
    }

    /// The first time that stands in a file name, such as "tgt_S2A_20160529T153631_T33UUU_sub.jp2".
    public static func found(in name: String) -> SensingTime? {
        let parts = name.split { !($0.isASCII && ($0.isLetter || $0.isNumber)) }
        let dated = parts.filter { $0.prefix(8).allSatisfy(\.isNumber) && $0.count >= 8 }
        return dated.lazy.compactMap { SensingTime(String($0)) }.first
    }
}

/// A tile of the Military Grid Reference System as Sentinel-2 names it: "T33UUU".
public struct MGRSTile: Hashable, Sendable, CustomStringConvertible {
    /// The name with its leading T.
    public let name: String
    /// The UTM zone, 1…60.
    public let zone: Int
    /// Whether the latitude band lies north of the equator.
    public let isNorthern: Bool

    /// Reads "T33UUU" or "33UUU".
    public init?(_ text: String) {
        let plain =
            text.uppercased().hasPrefix("T")
            ? text.uppercased().dropFirst() : text.uppercased()[...]
        guard plain.count == 5, let zone = Int(plain.prefix(2)), (1...60).contains(zone) else {
            return nil
        }
        let letters = plain.dropFirst(2)
        guard letters.allSatisfy({ $0.isASCII && $0.isLetter }), let band = letters.first,
            "CDEFGHJKLMNPQRSTUVWX".contains(band)
        else { return nil }
        name = "T\(plain)"
        self.zone = zone
        isNorthern = band >= "N"
    }

    /// The tile's map projection.
    public var crs: CRS { CRS(epsg: (isNorthern ? 32600 : 32700) + zone) }

    /// The name with its leading T.
    public var description: String { name }

    /// The first tile name that stands in a file name.
    public static func found(in name: String) -> MGRSTile? {
        let parts = name.split { !($0.isASCII && ($0.isLetter || $0.isNumber)) }
        let candidates = parts.filter { $0.count == 6 && $0.hasPrefix("T") }
        return candidates.lazy.compactMap { MGRSTile(String($0)) }.first
    }
}
