import Geo

/// Which of OSCD's two forms of the images is read.
public enum OSCDImages: String, Sendable, CaseIterable, Codable {
    /// `imgs_1_rect`, `imgs_2_rect`: 13 bands of one size at 10 m, co-registered by the authors.
    case rect
    /// `imgs_1`, `imgs_2`: each band on its own grid of 10, 20 or 60 m; brought to 10 m bilinearly, not co-registered.
    case native

    func folder(date: Int) -> String {
        self == .rect ? "imgs_\(date)_rect" : "imgs_\(date)"
    }
}

/// The files of one city, found and complete, not yet opened.
struct OSCDCityFiles: Sendable, Hashable {
    let name: String
    let split: SplitName
    /// For each date, every band's file.
    let bands: [[Sentinel2Band: String]]
    let labelPNG: String
    let labelTIFF: String
    let dates: String

    /// Looks for all 13 bands of both dates, both labels and the dates.
    ///
    /// - Throws: `BenchError`: 66 naming city, band and expected path; 65 when two files claim one band.
    init(name: String, split: SplitName, layout: OSCDLayout, images: OSCDImages) throws {
        self.name = name
        self.split = split
        let folder = "\(layout.images)/\(name)"
        let labels = "\(layout.labels(of: split))/\(name)/cm"
        bands = try [1, 2].map { date in
            try Self.bands(in: "\(folder)/\(images.folder(date: date))", city: name, images: images)
        }
        labelPNG = "\(labels)/cm.png"
        labelTIFF = "\(labels)/\(name)-cm.tif"
        dates = "\(folder)/dates.txt"
        for (what, path) in [
            ("label", labelPNG), ("label", labelTIFF), ("dates", dates),
        ] where !FileSystem.isFile(path) {
            throw BenchError(
                .missing,
                "\(name): the \(what) is missing; expected \(path); unpack the archive again")
        }
    }

    /// All files, in a fixed order.
    var all: [String] {
        bands.flatMap { date in date.sorted { $0.key < $1.key }.map(\.value) }
            + [labelPNG, labelTIFF, dates]
    }

    private static func bands(
        in folder: String, city: String, images: OSCDImages
    ) throws -> [Sentinel2Band: String] {
        var found: [Sentinel2Band: String] = [:]
        for name in FileSystem.names(in: folder) {
            guard name.lowercased().hasSuffix(".tif"),
                let last = name.dropLast(4).split(separator: "_").last,
                let band = Sentinel2Band(name: String(last))
            else { continue }
            if let other = found[band] {
                throw BenchError(
                    .invalid,
                    "\(city): \(other) and \(folder)/\(name) both are band \(band.rawValue); remove one"
                )
            }
            found[band] = "\(folder)/\(name)"
        }
        for band in Sentinel2Band.allCases where found[band] == nil {
            let expected = images == .rect ? "\(band.rawValue).tif" : "…_\(band.rawValue).tif"
            throw BenchError(
                .missing,
                "\(city): band \(band.rawValue) is missing; expected \(folder)/\(expected); unpack the archive again"
            )
        }
        return found
    }
}
