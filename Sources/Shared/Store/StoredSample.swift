public import Geo
import Tensors

/// A sample where it lies in the store's file; valid within `SampleStore.withSample` only.
public struct StoredSample {
    private let bytes: UnsafeRawBufferPointer
    private let entries: [String: SafetensorsHeader.Entry]
    private let key: String
    private let store: String

    init(_ bytes: UnsafeRawBufferPointer, key: String, store: String) throws {
        (self.bytes, self.key, self.store) = (bytes, key, store)
        do {
            entries = try SafetensorsHeader(of: bytes).entries
        } catch {
            throw StoreError(.invalid, path: store, key: key, "\(error)")
        }
    }

    /// Names of the arrays, sorted.
    public var names: [String] { entries.keys.sorted() }

    /// Size of a plane.
    /// - Throws: `StoreError` (`invalid`) if there is no such array or it is no plane.
    public func size(of name: String) throws -> PixelSize {
        let entry = try entry(name)
        guard entry.shape.count == 2 else {
            throw invalid("\(name) has the shape \(entry.shape); expected (height, width)")
        }
        return try PixelSize(width: entry.shape[1], height: entry.shape[0])
    }

    /// The pixels of a window of a plane, row by row; without a window, all.
    /// - Throws: `StoreError` (`invalid`) for a missing array, another pixel type, or a window that leaves the plane.
    public func pixels<Pixel: FixedWidthInteger & UnsignedInteger>(
        _ name: String, in window: PixelWindow? = nil, as type: Pixel.Type
    ) throws -> [Pixel] {
        let entry = try entry(name)
        let plane = try size(of: name)
        guard entry.dtype == (Pixel.bitWidth == 16 ? .uint16 : .uint8) else {
            throw invalid("\(name) is \(entry.dtype); expected uint\(Pixel.bitWidth)")
        }
        let window = window ?? plane.window
        guard window.intersection(plane.window) == window else {
            throw invalid("\(name) has \(plane) pixels; the window \(window) leaves it")
        }
        let width = MemoryLayout<Pixel>.size
        let length = window.size.width * width
        // The file is little-endian, as every machine that the suite runs on.
        return [Pixel](unsafeUninitializedCapacity: window.size.count) { buffer, count in
            let target = UnsafeMutableRawBufferPointer(buffer)
            for (index, row) in window.rows.enumerated() {
                let start =
                    entry.bytes.lowerBound + (row * plane.width + window.offset.column) * width
                UnsafeMutableRawBufferPointer(
                    rebasing: target[index * length..<(index + 1) * length]
                )
                .copyMemory(from: UnsafeRawBufferPointer(rebasing: bytes[start..<start + length]))
            }
            count = window.size.count
        }
    }

    private func entry(_ name: String) throws -> SafetensorsHeader.Entry {
        guard let entry = entries[name] else {
            throw invalid("has no \"\(name)\"; it holds \(names.joined(separator: ", "))")
        }
        return entry
    }

    private func invalid(_ message: String) -> StoreError {
        StoreError(.invalid, path: store, key: key, message)
    }
}
