import Geo
import Synchronization

/// Cities that were read, so that what is scored again and again is read from the disk once; the oldest make room.
final class OSCDCityCache: Sendable {
    /// Bytes of pixels that are kept: the ten published test cities take about 0.2 GB.
    private static let room = 256 << 20

    private struct Kept {
        var cities: [Int: OSCDCity] = [:]
        /// In the order in which they came.
        var order: [Int] = []
        var bytes = 0
    }

    private let kept = Mutex(Kept())

    /// A city that is kept, or is read now.
    ///
    /// - Throws: what `read` throws.
    func city(_ index: Int, read: () throws -> OSCDCity) rethrows -> OSCDCity {
        if let city = kept.withLock({ $0.cities[index] }) { return city }
        let city = try read()
        kept.withLock { kept in
            guard kept.cities.updateValue(city, forKey: index) == nil else { return }
            kept.order.append(index)
            kept.bytes += Self.bytes(of: city)
            while kept.bytes > Self.room, let oldest = kept.order.first {
                kept.order.removeFirst()
                kept.bytes -= kept.cities.removeValue(forKey: oldest).map(Self.bytes) ?? 0
            }
        }
        return city
    }

    private static func bytes(of city: OSCDCity) -> Int {
        city.pair.size.count * (4 * OSCDPlanes.bands.count + 1)
    }
}
