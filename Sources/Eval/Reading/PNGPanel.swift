import Foundation

/// Checks that a panel is a PNG of sensible size, without decoding it.
enum PNGPanel {
    private static let signature: [UInt8] = [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A]

    static func read(_ bytes: [UInt8], role: String, path: String) throws -> Report.Panel {
        guard bytes.count >= 33, Array(bytes[0..<8]) == signature,
            Array(bytes[12..<16]) == Array("IHDR".utf8)
        else {
            throw EvalError(.invalid, path, "is not a PNG; remove it and run matter-bench again")
        }
        let (width, height) = (number(bytes[16..<20]), number(bytes[20..<24]))
        guard (1...16384).contains(width), (1...16384).contains(height) else {
            throw EvalError(
                .invalid, path, "claims \(width) × \(height) pixels; 1 to 16384 are shown")
        }
        return Report.Panel(
            role: role, width: width, height: height,
            pngBase64: Data(bytes).base64EncodedString())
    }

    private static func number(_ bytes: ArraySlice<UInt8>) -> Int {
        bytes.reduce(0) { $0 << 8 | Int($1) }
    }
}
