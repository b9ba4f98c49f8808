import CGDAL
import Geo
import Glibc

/// Decoded blocks that memory has no room for, in a file without a name, which is gone with the process however that ends.
///
/// To read a block back is a copy, to decode it again is not. Where the disk has no room for a block, or knows no such files,
/// it is decoded again. One thread at a time may write and give back; any may read a slot that it alone was told of.
final class BlockFile: @unchecked Sendable {
    /// Where a block lies.
    struct Slot: Sendable {
        let offset: Int
        let size: PixelSize

        var bytes: Int { size.count * MemoryLayout<UInt16>.stride }
    }

    private let descriptor: Int32
    private let limit: Int
    private var end = 0
    /// Slots that were given back, by their bytes.
    private var free: [Int: [Int]] = [:]

    /// The most that a file takes, and which part of what is free on the disk.
    private static let (most, part) = (8 << 30, 16)

    /// A file on the disk of a folder; nil where there is no folder or no file without a name.
    ///
    /// Uses `O_TMPFILE`.
    init?(folder: String) {
        var disk = statvfs()
        descriptor = matter_unnamed_file(folder)
        guard descriptor >= 0 else { return nil }
        guard fstatvfs(descriptor, &disk) == 0 else {
            close(descriptor)
            return nil
        }
        let (bytes, overflows) = Int(clamping: disk.f_bavail)
            .multipliedReportingOverflow(by: Int(clamping: disk.f_frsize))
        limit = overflows ? Self.most : min(Self.most, bytes / Self.part)
    }

    deinit { close(descriptor) }

    /// Writes a block; nil where there is no room for it.
    func write(_ block: RasterBuffer<UInt16>) -> Slot? {
        let bytes = block.pixels.count * MemoryLayout<UInt16>.stride
        let known = free[bytes]?.popLast()
        let slot = Slot(offset: known ?? end, size: block.size)
        guard known != nil || end + bytes <= limit else { return nil }
        if known == nil { end += bytes }
        let isWritten = block.pixels.withUnsafeBytes { pixels in
            Self.whole(pixels.count) { done in
                let rest = UnsafeRawBufferPointer(rebasing: pixels[done...])
                return pwrite(descriptor, rest.baseAddress, rest.count, slot.offset + done)
            }
        }
        guard isWritten else {
            giveBack(slot)
            return nil
        }
        return slot
    }

    /// Reads a block; nil where the disk fails.
    func read(_ slot: Slot) -> RasterBuffer<UInt16>? {
        var isRead = false
        let pixels = [UInt16](unsafeUninitializedCapacity: slot.size.count) { buffer, count in
            let place = UnsafeMutableRawBufferPointer(buffer)
            isRead = Self.whole(slot.bytes) { done in
                let rest = UnsafeMutableRawBufferPointer(rebasing: place[done..<slot.bytes])
                return pread(descriptor, rest.baseAddress, rest.count, slot.offset + done)
            }
            count = isRead ? slot.size.count : 0
        }
        return isRead ? try? RasterBuffer(size: slot.size, pixels: pixels) : nil
    }

    /// The place of a block that is not wanted any more.
    func giveBack(_ slot: Slot) { free[slot.bytes, default: []].append(slot.offset) }

    /// Goes on until all bytes are there; false where the disk fails.
    private static func whole(_ count: Int, _ some: (Int) -> Int) -> Bool {
        var done = 0
        while done < count {
            let more = some(done)
            if more < 0, errno == EINTR { continue }
            guard more > 0 else { return false }
            done += more
        }
        return true
    }
}
