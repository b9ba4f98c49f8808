import Geo
import Raster

/// Stand-in for RasterLoader until it lands.
final class ChipLoader {
    struct Loaded {
        let width: Int
        let height: Int
        let bands: Int
        let pixelType: RasterPixelType
        let pixels: UnsafeRawBufferPointer
        let transform: AffineTransform?
        let crs: CRS?
        func band(_ index: Int) -> UnsafeRawBufferPointer {
            let count = pixels.count / bands
            return UnsafeRawBufferPointer(rebasing: pixels[index * count..<(index + 1) * count])
        }
    }
    private var memory = UnsafeMutableRawBufferPointer.allocate(byteCount: 0, alignment: 64)
    deinit { memory.deallocate() }

    func read(_ path: String) throws -> Loaded {
        let file = try RasterFile(reading: path)
        switch file.pixelType {
        case .uint8?: return keep(file, .uint8, try file.read(as: UInt8.self).pixels)
        case .int16?: return keep(file, .int16, try file.read(as: Int16.self).pixels)
        case .float32?: return keep(file, .float32, try file.read(as: Float.self).pixels)
        case .uint16?: return keep(file, .uint16, try file.read(as: UInt16.self).pixels)
        default: return keep(file, .float64, try file.read(as: Double.self).pixels)
        }
    }

    private func keep<P>(_ file: borrowing RasterFile, _ type: RasterPixelType, _ pixels: [P])
        -> Loaded
    {
        pixels.withUnsafeBytes { bytes in
            memory.deallocate()
            memory = .allocate(byteCount: bytes.count, alignment: 64)
            memory.copyMemory(from: bytes)
            return Loaded(
                width: file.size.width, height: file.size.height, bands: file.bandCount,
                pixelType: type, pixels: UnsafeRawBufferPointer(memory),
                transform: file.transform, crs: file.crs)
        }
    }
}
