import Manifests
import Store

/// What one thread saw; tallies of all threads add up to the same whatever samples each had.
struct CheckTally: Sendable {
    /// A type and a size.
    struct Form: Hashable, Sendable, CustomStringConvertible {
        let pixel: SamplePlane.Pixel
        let width, height: Int

        var description: String { "\(pixel.rawValue) \(width)×\(height)" }
    }

    /// A plane's types and sizes, zeros and codes.
    struct Plane: Sendable {
        /// Samples by form, and the first of them.
        var forms: [Form: (count: Int, first: Int)] = [:]
        var pixels = 0
        var withoutData = 0
        var codes: [Int] = []

        /// Takes a sample's plane, and of a mask the pixels of each code.
        mutating func add(_ plane: SamplePlane, of index: Int, withoutData: Int, codes: [Int]) {
            let form = Form(pixel: plane.pixel, width: plane.width, height: plane.height)
            forms[form, default: (0, index)].count += 1
            pixels += plane.width * plane.height
            self.withoutData += withoutData
            add(codes)
        }

        /// Takes the pixels of each code.
        mutating func add(_ codes: [Int]) {
            if self.codes.isEmpty {
                self.codes = codes
            } else {
                for code in codes.indices { self.codes[code] += codes[code] }
            }
        }
    }

    var read = 0
    var planes: [String: Plane] = [:]
    var findings: [CheckFinding] = []
    var footprints: [(index: Int, footprint: Footprint)] = []
    /// The exit codes of what the system did not give.
    private(set) var failures: Set<Int32> = []

    /// What kind of finding an error is; what is the system's is kept.
    mutating func kind(of error: any Error) -> CheckFinding.Kind {
        switch (error as? any ExitCoded)?.exitCode {
        case .inputMissing?: return .missing
        case let code? where [.io, .notPermitted, .outOfResources].contains(code):
            failures.insert(code.rawValue)
            return .notGiven
        default: return .unreadable
        }
    }

    mutating func add(_ other: CheckTally) {
        failures.formUnion(other.failures)
        read += other.read
        findings += other.findings
        footprints += other.footprints
        for (name, plane) in other.planes {
            var mine = planes[name] ?? Plane()
            mine.pixels += plane.pixels
            mine.withoutData += plane.withoutData
            for (form, seen) in plane.forms {
                let known = mine.forms[form] ?? (0, seen.first)
                mine.forms[form] = (known.count + seen.count, min(known.first, seen.first))
            }
            mine.add(plane.codes)
            planes[name] = mine
        }
    }
}

/// Looks at the pixels of a sample.
struct SampleInspection {
    private let key: String
    private let index: Int
    /// Codes that masks have beside 255: 0 … this.
    private let lastCode: Int
    private(set) var findings: [CheckFinding] = []

    /// Prepares to look at a sample; masks of a data set without classes have two codes.
    init(_ index: Int, key: String, classes: Int) {
        (self.index, self.key) = (index, key)
        lastCode = classes == 0 ? 1 : classes - 1
    }

    private mutating func find(
        _ level: CheckFinding.Level, _ kind: CheckFinding.Kind, _ text: String
    ) {
        findings.append(CheckFinding(level, kind, index, "\(key): \(text)"))
    }

    /// Adds all planes to a tally and finds what is wrong among them.
    mutating func look(at planes: [SamplePlane], _ tally: inout CheckTally) {
        var images: [(name: String, facts: PlaneFacts)] = []
        images.reserveCapacity(planes.count)
        for plane in planes {
            let facts = PlaneFacts(plane)
            let holdsCodes = SamplePlane.holdsCodes(plane.name)
            let codes = plane.name == "mask" ? count(plane) : []
            tally.planes[plane.name, default: CheckTally.Plane()].add(
                plane, of: index, withoutData: holdsCodes ? 0 : facts.zeros + facts.notFinite,
                codes: codes)
            if !holdsCodes { images.append((plane.name, facts)) }
            if facts.notFinite > 0 {
                find(
                    .error, .notFinite,
                    "\(plane.name): \(facts.notFinite) of \(facts.count) pixels are NaN or infinite"
                )
            }
        }
        checkValues(images)
        checkSaturation(images)
        checkSizes(planes)
    }

    /// The share of pixels at the greatest number of their type from which a plane counts as saturated; ours, nobody publishes one.
    static let saturatedShare = 0.05

    private mutating func checkSaturation(_ images: [(name: String, facts: PlaneFacts)]) {
        let saturated = images.filter { _, facts in
            !facts.isConstant && facts.saturated > 0
                && Double(facts.saturated) >= Self.saturatedShare * Double(facts.count)
        }
        guard !saturated.isEmpty else { return }
        let shares = saturated.map { name, facts in
            "\(name) \((Double(facts.saturated) / Double(facts.count) * 1000).rounded() / 10) %"
        }
        find(
            .remark, .saturated,
            "pixels at the greatest number of their type: \(shares.joined(separator: ", "))")
    }

    /// Each date of a pair is looked at for itself.
    private mutating func checkValues(_ images: [(name: String, facts: PlaneFacts)]) {
        let isPair = images.contains { $0.name.utf8.contains(UInt8(ascii: ".")) }
        for date in isPair ? ["before.", "after.", ""] : [""] {
            let planes =
                isPair
                ? images.filter { plane in
                    date.isEmpty ? !plane.name.contains(".") : plane.name.hasPrefix(date)
                } : images
            guard !planes.isEmpty else { continue }
            guard planes.contains(where: { $0.facts.zeros < $0.facts.count }) else {
                find(.remark, .empty, "no data in any plane\(date.isEmpty ? "" : " \(date)…")")
                continue
            }
            for (name, facts) in planes where facts.isConstant {
                find(
                    .remark, .empty, "\(name): no data or one value in all \(facts.count) pixels")
            }
        }
    }

    /// Masks lie on the finest grid, and the two dates of a band on one.
    private mutating func checkSizes(_ planes: [SamplePlane]) {
        let images = planes.filter { !SamplePlane.holdsCodes($0.name) }
        guard let finest = images.max(by: { $0.width * $0.height < $1.width * $1.height }) else {
            return
        }
        for plane in planes {
            var other = finest
            if plane.name.hasPrefix("after.") {
                let before = "before." + plane.name.dropFirst(6)
                guard let pair = planes.first(where: { $0.name == before }) else { continue }
                other = pair
            } else if plane.name != "mask" {
                continue
            }
            guard (plane.width, plane.height) != (other.width, other.height) else { continue }
            find(
                .error, .shape,
                "\(plane.name) has \(plane.width)×\(plane.height) pixels where \(other.name) has \(other.width)×\(other.height)"
            )
        }
    }

    private mutating func count(_ mask: SamplePlane) -> [Int] {
        guard mask.pixel == .uint8 else {
            find(.error, .shape, "mask of \(mask.pixel.rawValue); expected uint8")
            return []
        }
        var codes = [Int](repeating: 0, count: 256)
        for code in mask.bytes { codes[Int(code)] += 1 }
        let strange = codes.indices.filter { codes[$0] > 0 && $0 > lastCode && $0 != 255 }
        if !strange.isEmpty {
            let shown = strange.prefix(8).map { "\($0): \(codes[$0])" }.joined(separator: ", ")
            let known = lastCode == 1 ? "0, 1" : "0 … \(lastCode)"
            find(.error, .codes, "mask has the codes {\(shown)}; only \(known) and 255 are known")
        }
        return codes
    }
}

/// What a plane's pixels are like.
struct PlaneFacts {
    private(set) var count: Int
    private(set) var zeros = 0
    private(set) var notFinite = 0
    /// Pixels of whole numbers that are the greatest of their type.
    private(set) var saturated = 0
    private(set) var isConstant = false

    init(_ plane: SamplePlane) {
        count = plane.width * plane.height
        switch plane.pixel {
        case .uint8: look(at: plane, greatest: UInt8.max)
        case .uint16: look(at: plane, greatest: UInt16.max)
        case .int16: look(at: plane, greatest: UInt16(Int16.max))
        case .float32: lookAtFloats(plane)
        }
    }

    private mutating func look<Pixel: FixedWidthInteger & UnsignedInteger>(
        at plane: SamplePlane, greatest: Pixel
    ) {
        // Planes of packed stores may begin anywhere.
        let bytes = plane.bytes
        let first = bytes.loadUnaligned(as: Pixel.self)
        var (zeros, others, saturated, start) = (0, 0, 0, 0)
        while start < count {
            // As many as numbers of a pixel's own size can count: a register holds the most of them.
            let end = min(count, start + min(Int(Pixel.max), 4096))
            var (zerosHere, othersHere, saturatedHere): (Pixel, Pixel, Pixel) = (0, 0, 0)
            for index in start..<end {
                let value = bytes.loadUnaligned(
                    fromByteOffset: index &* MemoryLayout<Pixel>.size, as: Pixel.self)
                zerosHere &+= value == 0 ? 1 : 0
                othersHere &+= value == first ? 0 : 1
                saturatedHere &+= value == greatest ? 1 : 0
            }
            zeros += Int(zerosHere)
            others += Int(othersHere)
            saturated += Int(saturatedHere)
            start = end
        }
        (self.zeros, self.saturated) = (zeros, saturated)
        isConstant = others == 0 && count > 1
    }

    private mutating func lookAtFloats(_ plane: SamplePlane) {
        let first = plane.bytes.loadUnaligned(as: UInt32.self)
        var (zeros, others, notFinite) = (0, 0, 0)
        for index in 0..<count {
            let bits = plane.bytes.loadUnaligned(fromByteOffset: index &* 4, as: UInt32.self)
            zeros &+= bits & 0x7FFF_FFFF == 0 ? 1 : 0
            others &+= bits == first ? 0 : 1
            notFinite &+= bits & 0x7F80_0000 == 0x7F80_0000 ? 1 : 0
        }
        (self.zeros, self.notFinite) = (zeros, notFinite)
        isConstant = others == 0 && count > 1
    }
}
