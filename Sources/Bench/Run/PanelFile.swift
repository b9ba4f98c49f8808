import Geo
import Manifests
import Raster

/// Panels on disk: `panels/<city>/<name>.png`.
enum PanelFile {
    /// Writes a panel as a PNG of three colours.
    static func write(
        _ panel: Panel, named name: String, of city: String, below output: String
    ) throws {
        let folder = "\(output)/panels/\(city)"
        try AtomicFile.makeFolder(at: folder)
        try AtomicFile.removeLeftovers(in: folder)
        let image = try RasterBuffer<UInt8>(size: panel.size, bands: 3, pixels: panel.pixels)
        let bytes = try RasterWriter.encode(image, as: .png)
        try AtomicFile.write(bytes, to: "\(folder)/\(name).png")
    }

    /// Writes what every method is held against: both dates under one stretch, and the truth.
    static func writeScene(of city: OSCDCity, below output: String) throws {
        if let (before, after) = Panel.trueColour(of: city.pair) {
            try write(before, named: "before", of: city.name, below: output)
            try write(after, named: "after", of: city.name, below: output)
        }
        try write(
            .truth(city.truth, size: city.pair.size), named: "truth", of: city.name, below: output)
    }
}
