import Foundation
public import Raster

/// Reads a camera model (RPC00B) from a file beside an image, in the two forms that are delivered.
///
/// RPB (DigitalGlobe): "lineOffset = 75;" and lists in parentheses. Text (Space Imaging, `_RPC.TXT`):
/// "LINE_OFF: +75 pixels" and "LINE_NUM_COEFF_1: …" to 20. Lines and samples count from the first pixel's centre in
/// both, as in a TIFF's tag.
public enum CameraModelFile {
    /// The most bytes that are read; files of either form have about 3,000.
    static let largest = 1 << 16

    /// The first that is there of NAME.RPB, NAME.rpb, NAME_RPC.TXT and NAME_rpc.txt, by an image's name; nil for none.
    public static func find(beside image: String) -> String? {
        let folder = image.lastIndex(of: "/").map { image[...$0] } ?? ""
        let name = image.dropFirst(folder.count)
        let stem = String(folder + (name.lastIndex(of: ".").map { name[..<$0] } ?? name))
        return [".RPB", ".rpb", "_RPC.TXT", "_rpc.txt"].map { stem + $0 }.first {
            let file = StoredFile($0)
            return file.exists && !file.isFolder
        }
    }

    /// The camera model of a file.
    ///
    /// - Throws: `PrepError` that names the file and the key: `missing` for no file, `badData` for a key that is
    ///   missing, doubled or no number, and for a file of neither form; `RasterError` for one that cannot be read or is
    ///   too large.
    public static func read(_ path: String) throws -> RPCModel {
        let file = StoredFile(path)
        guard file.exists, !file.isFolder else {
            throw PrepError(.missing, path, "no such file of a camera model")
        }
        let text = String(decoding: try file.read(limit: largest), as: UTF8.self)
        for form in CameraModelForm.allCases {
            let entries = CameraModelEntries(form.statements(text), of: path)
            if form.keys.contains(where: entries.has) { return try form.model(entries) }
        }
        throw PrepError(
            .badData, path,
            "neither RPB (lineOffset = …;) nor text of a camera model (LINE_OFF: …); give a file in one of these"
        )
    }
}
