import Foundation

/// Images of what was called, made from the predictions.
struct TaskImages {
    private let methods: [ScoredMethod]
    private let limit: Int

    init(_ methods: [ScoredMethod], limit: Int) throws {
        self.methods = methods
        self.limit = limit
    }

    /// Okabe and Ito's colours: found, false alarm, missed; then those of further classes.
    private static let colours: [[UInt8]] = [
        [238, 236, 230], [0, 158, 115], [213, 94, 0], [0, 114, 178], [150, 150, 150],
    ]
    private static let classColours: [[UInt8]] = [
        [238, 236, 230], [0, 114, 178], [230, 159, 0], [0, 158, 115], [204, 121, 167],
        [86, 180, 233],
        [213, 94, 0], [240, 228, 66], [120, 94, 60], [90, 90, 140], [160, 200, 150],
        [250, 200, 190],
        [110, 160, 160], [190, 170, 220], [70, 120, 70], [150, 150, 150],
    ]

    /// One block a place, of the first runs of all methods; places that a run lacks are left out.
    func blocks() throws -> [Document.Block] {
        let runs = methods.map { (title: $0.group.title, run: $0.group.runs[0]) }
            .filter { $0.run.isOfPixels }
        guard let first = runs.first else { return [] }
        return try first.run.record.items.prefix(limit).compactMap { item in
            var images: [Report.Panel] = []
            for (title, run) in runs where run.record.items.contains(where: { $0.key == item.key })
            {
                let image = try PredictedImage(run, key: item.key)
                if images.isEmpty { images.append(Self.panel("Truth", image, run, ofTruth: true)) }
                images.append(Self.panel(title, image, run, ofTruth: false))
            }
            return images.isEmpty ? nil : .images(.init(title: item.key, images: images))
        }
    }

    private static func panel(
        _ title: String, _ image: PredictedImage, _ run: TaskRun, ofTruth: Bool
    ) -> Report.Panel {
        let isTwo = run.record.classes.count == 2
        let step = max(1, (max(image.rows, image.columns) + 255) / 256)
        let (rows, columns) = ((image.rows + step - 1) / step, (image.columns + step - 1) / step)
        var indices: [UInt8] = []
        for row in 0..<rows {
            for column in 0..<columns {
                let place = row * step * image.columns + column * step
                let (truth, called) = (image.truth[place], image.prediction[place])
                if isTwo {
                    indices.append(two(truth, ofTruth ? truth : called, image.ignored))
                } else {
                    let code = ofTruth ? truth : called
                    indices.append(
                        truth == image.ignored ? 15 : code == 0 ? 0 : 1 + (code - 1) % 14)
                }
            }
        }
        let bytes = PalettePNG(
            width: columns, height: rows, indices: indices,
            palette: isTwo ? colours : classColours
        ).bytes()
        return Report.Panel(
            role: title, width: columns, height: rows,
            pngBase64: Data(bytes).base64EncodedString())
    }

    private static func two(_ truth: UInt8, _ called: UInt8, _ ignored: UInt8?) -> UInt8 {
        if truth == ignored { return 4 }
        if truth != 0 { return called != 0 ? 1 : 3 }
        return called != 0 ? 2 : 0
    }
}

/// A PNG of at most sixteen colours, four bits a pixel, not compressed.
///
/// ISO/IEC 15948; the data stream is RFC 1951's stored blocks, so that the bytes depend on no library.
struct PalettePNG {
    let width: Int
    let height: Int
    let indices: [UInt8]
    let palette: [[UInt8]]

    func bytes() -> [UInt8] {
        var raw: [UInt8] = []
        for row in 0..<height {
            raw.append(0)
            for column in stride(from: 0, to: width, by: 2) {
                let high = indices[row * width + column]
                let low = column + 1 < width ? indices[row * width + column + 1] : 0
                raw.append(high << 4 | low)
            }
        }
        return [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A]
            + chunk("IHDR", big(UInt32(width)) + big(UInt32(height)) + [4, 3, 0, 0, 0])
            + chunk("PLTE", palette.flatMap(\.self)) + chunk("IDAT", stored(raw))
            + chunk("IEND", [])
    }

    private func stored(_ raw: [UInt8]) -> [UInt8] {
        var stream: [UInt8] = [0x78, 0x01]
        var start = 0
        repeat {
            let end = min(start + 65_535, raw.count)
            let count = UInt16(end - start)
            stream.append(end == raw.count ? 1 : 0)
            stream += [
                UInt8(count & 255), UInt8(count >> 8), UInt8(~count & 255), UInt8(~count >> 8),
            ]
            stream += raw[start..<end]
            start = end
        } while start < raw.count
        var (first, second) = (UInt32(1), UInt32(0))
        for byte in raw {
            first = (first + UInt32(byte)) % 65_521
            second = (second + first) % 65_521
        }
        return stream + big(second << 16 | first)
    }

    private func chunk(_ name: String, _ content: [UInt8]) -> [UInt8] {
        let body = Array(name.utf8) + content
        return big(UInt32(content.count)) + body + big(Self.check(body))
    }

    private func big(_ value: UInt32) -> [UInt8] {
        [24, 16, 8, 0].map { UInt8(truncatingIfNeeded: value >> UInt32($0)) }
    }

    private static let table: [UInt32] = (0..<256).map { number in
        (0..<8).reduce(UInt32(number)) { value, _ in
            value & 1 == 1 ? 0xEDB8_8320 ^ (value >> 1) : value >> 1
        }
    }

    private static func check(_ bytes: [UInt8]) -> UInt32 {
        ~bytes.reduce(~UInt32(0)) { table[Int(($0 ^ UInt32($1)) & 255)] ^ ($0 >> 8) }
    }
}
