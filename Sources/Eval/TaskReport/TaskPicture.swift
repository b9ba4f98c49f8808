import Foundation
import Pictures

/// Draws the truth, the calls and the errors of one image.
struct TaskPicture {
    private let image: PredictedImage
    private let isTwo: Bool
    private let step: Int

    /// What is longer than this is thinned out, to the nearest pixel.
    private static let longest = 256

    init(_ image: PredictedImage, _ run: TaskRun) {
        self.image = image
        isTwo = run.record.classes.count == 2
        step = max(1, (max(image.rows, image.columns) + Self.longest - 1) / Self.longest)
    }

    /// What a pixel of two classes is, in Okabe and Ito's colours.
    private enum Call: CaseIterable {
        case nothing, found, falseAlarm, missed, ignored

        var colour: Picture.Colour {
            switch self {
            case .nothing: .init(red: 238, green: 236, blue: 230)
            case .found: .init(red: 0, green: 158, blue: 115)
            case .falseAlarm: .init(red: 213, green: 94, blue: 0)
            case .missed: .init(red: 0, green: 114, blue: 178)
            case .ignored: .init(red: 150, green: 150, blue: 150)
            }
        }

        var name: String {
            switch self {
            case .nothing: "neither true nor called"
            case .found: "found"
            case .falseAlarm: "false alarm"
            case .missed: "missed"
            case .ignored: "not scored"
            }
        }
    }

    /// The first class is the ground, in the colour of nothing; others are told apart.
    private static func colour(ofClass code: Int) -> Picture.Colour {
        code == 0 ? Call.nothing.colour : .distinct(code - 1)
    }

    /// What the colours mean.
    static func legend(_ record: TaskRecord) -> [Document.Images.Key] {
        let last = record.ignore == nil ? [] : [Call.ignored]
        guard record.classes.count > 2 else {
            return ([.found, .falseAlarm, .missed, .nothing] + last).map {
                Document.Images.Key(text: $0.name, colour: $0.colour.hex)
            }
        }
        let classes = record.classes.enumerated().map {
            Document.Images.Key(text: $0.element, colour: colour(ofClass: $0.offset).hex)
        }
        return classes
            + ([.falseAlarm] + last).map {
                .init(text: $0 == .ignored ? $0.name : "wrong (errors)", colour: $0.colour.hex)
            }
    }

    /// The truth.
    func truth() -> Report.Panel {
        panel("Truth") { truth, _ in
            if truth == image.ignored { return Call.ignored.colour }
            return isTwo
                ? (truth == 0 ? Call.nothing : .found).colour : Self.colour(ofClass: Int(truth))
        }
    }

    /// What was called: of two classes with its errors in one image, of more with these in a second one.
    func calls(titled title: String) -> [Report.Panel] {
        if isTwo {
            return [
                panel(title) { Self.call(truth: $0, called: $1, ignored: image.ignored).colour }
            ]
        }
        return [
            panel(title) { truth, called in
                truth == image.ignored ? Call.ignored.colour : Self.colour(ofClass: Int(called))
            },
            panel("\(title): errors") { truth, called in
                truth == image.ignored
                    ? Call.ignored.colour
                    : (truth == called ? Call.nothing : .falseAlarm).colour
            },
        ]
    }

    private static func call(truth: UInt8, called: UInt8, ignored: UInt8?) -> Call {
        if truth == ignored { return .ignored }
        if truth != 0 { return called != 0 ? .found : .missed }
        return called != 0 ? .falseAlarm : .nothing
    }

    private func panel(
        _ role: String, _ colour: (_ truth: UInt8, _ called: UInt8) -> Picture.Colour
    ) -> Report.Panel {
        let (rows, columns) = ((image.rows + step - 1) / step, (image.columns + step - 1) / step)
        var picture = Picture(width: columns, height: rows)
        for row in 0..<rows {
            for column in 0..<columns {
                let place = row * step * image.columns + column * step
                picture[row, column] = colour(image.truth[place], image.prediction[place])
            }
        }
        return Report.Panel(
            role: role, width: columns, height: rows,
            pngBase64: Data(picture.png()).base64EncodedString())
    }
}

extension Picture.Colour {
    /// "#rrggbb".
    fileprivate var hex: String {
        "#"
            + [red, green, blue].map { value in
                let text = String(value, radix: 16)
                return text.count == 1 ? "0" + text : text
            }.joined()
    }
}
