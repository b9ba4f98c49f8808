import Foundation
import Testing

/// What rasterio and shapely made of polygons; `script/reference/footprints.py` wrote it.
struct FootprintReference: Decodable, Sendable {
    /// Polygons on a grid and the masks that rasterio made of them.
    struct Case: Decodable, Sendable, CustomTestStringConvertible {
        let name: String
        let width: Int
        let height: Int
        let transform: [Double]
        let geometries: [Geometry]
        let centres: [Int]
        let allTouched: [Int]
        let area: Double
        let length: Double

        var testDescription: String { name }

        /// The geometries as a feature collection.
        func document() throws -> [UInt8] {
            let features = try geometries.map {
                #"{"type": "Feature", "properties": {}, "geometry": \#(String(decoding: try JSONEncoder().encode($0), as: UTF8.self))}"#
            }
            return Array(
                #"{"type": "FeatureCollection", "features": [\#(features.joined(separator: ","))]}"#
                    .utf8)
        }

        static func pixels(_ runs: [Int]) -> [UInt8] {
            runs.enumerated().flatMap {
                [UInt8](repeating: UInt8($0.offset % 2), count: $0.element)
            }
        }
    }

    /// GeoJSON as it stands in the file.
    struct Geometry: Codable, Sendable {
        let type: String
        var coordinates: Nested?
        var geometries: [Geometry]?
    }

    /// Numbers in lists in lists.
    enum Nested: Codable, Sendable {
        case number(Double)
        case list([Nested])

        init(from decoder: any Decoder) throws {
            if let number = try? decoder.singleValueContainer().decode(Double.self) {
                self = .number(number)
            } else {
                self = .list(try decoder.singleValueContainer().decode([Nested].self))
            }
        }

        func encode(to encoder: any Encoder) throws {
            var container = encoder.singleValueContainer()
            switch self {
            case .number(let number): try container.encode(number)
            case .list(let list): try container.encode(list)
            }
        }
    }

    /// A ring that crosses itself, its area by the even-odd rule, and by the shoelace formula.
    struct Crossing: Decodable, Sendable {
        let ring: [[Double]]
        let area: Double
        let signed: Double
    }

    /// A real chip.
    struct Chip: Decodable, Sendable, CustomTestStringConvertible {
        let key: String
        let images: String
        let width: Int
        let height: Int
        let buildings: Int
        let pixels: String
        let type: String
        let centres: Int
        let centresDigest: String
        let allTouched: Int
        let allTouchedDigest: String
        let area: Double
        let length: Double
        let areas: [Double]

        var testDescription: String { "\(key) \(images)" }
    }

    let cases: [Case]
    let crossing: [Crossing]
    let real: [Chip]

    static let all: FootprintReference? = {
        let path = URL(filePath: #filePath).appending(path: "../../Fixtures/footprints.json")
        return (try? Data(contentsOf: path.standardized)).flatMap {
            try? JSONDecoder().decode(FootprintReference.self, from: $0)
        }
    }()
}
